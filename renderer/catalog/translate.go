package catalog

import (
	"time"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// translateEnvironment is environment as plain data, defaults filled in.
func translateEnvironment(environment *v1alpha1.ProductEnvironment) *Environment {
	effective := rules.Effective(environment)
	return &Environment{
		CloudName:               effective.CloudName,
		DisplayName:             effective.DisplayName,
		CreatedAt:               environment.CreationTimestamp.UTC(),
		MaxImageBytes:           effective.MaxImageBytes,
		MaxRawBytes:             effective.MaxRawBytes,
		MaxImagePixels:          effective.MaxImagePixels,
		DynamicFolders:          effective.DynamicFolders(),
		KeepMetadataOnOverwrite: effective.KeepMetadataOnOverwrite,
		SampleAssets:            effective.SampleAssets,
		SignatureAlgorithm:      string(effective.SignatureAlgorithm),
		FetchAllowedCIDRs:       effective.FetchAllowedCIDRs,
		FetchAllowedDomains:     effective.FetchAllowedDomains,
		FetchHostAliases:        effective.FetchHostAliases,
		FetchCABundle:           effective.FetchCABundle,
		DeliveryBaseURL:         effective.DeliveryBaseURL,
		SecureDeliveryBaseURL:   effective.SecureDeliveryBaseURL,
		StrictTransformations:   effective.StrictTransformations,
		DefaultQuality:          quality(effective.DefaultQuality),
		MaxOutputPixels:         effective.MaxOutputPixels,
		CacheMaxAge:             int(effective.CacheMaxAge / time.Second),
		Hosts:                   effective.Hosts,
		NoAutoAVIF:              !effective.AutoAVIF,
		NoMezzanines:            !effective.Mezzanines,
		RestrictedTypes:         effective.RestrictedTypes,
		RemoteTypes:             effective.RemoteTypes,
		RefetchAfter:            int(effective.RefetchAfter / time.Second),
		Quotas:                  translateQuotas(effective.Quotas),
	}
}

func translateQuotas(quotas rules.Quotas) Quotas {
	return Quotas{
		Transformations: Quota(quotas.Transformations), CPUSeconds: Quota(quotas.CPUSeconds), Requests: Quota(quotas.Requests),
		Bandwidth: Quota(quotas.Bandwidth), StorageBytes: quotas.Storage,
	}
}

// quality leaves out what is the default anyway, so that files keep their names when somebody writes it down.
func quality(text string) string {
	if text == rules.DefaultQuality || text == "auto" {
		return ""
	}
	return text
}

func translatePreset(preset *v1alpha1.UploadPreset) Preset {
	return Preset{
		Name:             preset.ExternalName(),
		Unsigned:         preset.Spec.Unsigned != nil && *preset.Spec.Unsigned,
		DisallowPublicID: preset.Spec.DisallowPublicID != nil && *preset.Spec.DisallowPublicID,
		Parameters:       rules.PresetParameters(&preset.Spec),
	}
}

func translateTransformation(transformation *v1alpha1.Transformation) Transformation {
	allowed := transformation.Spec.AllowedForStrict
	return Transformation{
		Name:             transformation.ExternalName(),
		Transformation:   transformation.Spec.Transformation,
		AllowedForStrict: allowed == nil || *allowed,
	}
}
