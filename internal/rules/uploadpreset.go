package rules

import (
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var (
	confidencePattern = regexp.MustCompile(`^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$`)
	hexPattern        = regexp.MustCompile(`^([0-9a-fA-F]{2})*$`)
)

// ValidateUploadPreset says what is wrong with preset. Whether transformations parse, metadata fields exist and add-ons
// are known is found out by the renderer.
func ValidateUploadPreset(preset *v1alpha1.UploadPreset) field.ErrorList {
	spec, path := &preset.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.Name, path.Child("name"))...)
	errs = append(errs, validatePlacement(&spec.UploadParameters, path)...)
	errs = append(errs, validateProcessing(&spec.UploadParameters, path)...)
	return append(errs, validateDescription(&spec.UploadParameters, path)...)
}

// WarnUploadPreset names what is valid in preset but has no effect.
func WarnUploadPreset(preset *v1alpha1.UploadPreset) []string {
	spec := &preset.Spec
	unsigned := valueOr(spec.Unsigned, false)
	var warnings []string
	if unsigned && valueOr(spec.Overwrite, false) {
		warnings = append(warnings, "spec.overwrite: an unsigned upload never overwrites an asset")
	}
	if !unsigned && valueOr(spec.DisallowPublicID, false) {
		warnings = append(warnings, "spec.disallowPublicID: has no effect unless spec.unsigned is true")
	}
	return warnings
}

func validatePlacement(u *v1alpha1.UploadParameters, path *field.Path) field.ErrorList {
	errs := validateIDPath(u.PublicID, path.Child("publicID"))
	errs = append(errs, validateIDPath(u.PublicIDPrefix, path.Child("publicIDPrefix"))...)
	errs = append(errs, validateIDPath(u.Folder, path.Child("folder"))...)
	errs = append(errs, validateIDPath(u.AssetFolder, path.Child("assetFolder"))...)
	errs = append(errs, validateOneOf(path.Child("type"), u.Type, v1alpha1.UploadTypeUpload, v1alpha1.UploadTypePrivate, v1alpha1.UploadTypeAuthenticated, v1alpha1.UploadTypeAsset)...)
	return append(errs, validateOneOf(path.Child("resourceType"), u.ResourceType, v1alpha1.UploadResourceTypeImage, v1alpha1.UploadResourceTypeVideo, v1alpha1.UploadResourceTypeRaw, v1alpha1.UploadResourceTypeAuto)...)
}

func validateProcessing(u *v1alpha1.UploadParameters, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, format := range u.AllowedFormats {
		path := path.Child("allowedFormats").Index(i)
		if format == "" {
			errs = append(errs, field.Required(path, ""))
		}
		errs = append(errs, validateFormat(format, path)...)
	}
	errs = append(errs, validateFormat(u.Format, path.Child("format"))...)
	errs = append(errs, validateTransformation(u.Transformation, path.Child("transformation"))...)
	for i, eager := range u.Eager {
		errs = append(errs, validateEager(eager, path.Child("eager").Index(i))...)
	}
	for i, breakpoints := range u.ResponsiveBreakpoints {
		errs = append(errs, validateBreakpoints(&breakpoints, path.Child("responsiveBreakpoints").Index(i))...)
	}
	errs = append(errs, validateHTTPURL(u.EagerNotificationURL, path.Child("eagerNotificationURL"))...)
	errs = append(errs, validateHTTPURL(u.NotificationURL, path.Child("notificationURL"))...)
	errs = append(errs, validateHTTPURL(u.Callback, path.Child("callback"))...)
	errs = append(errs, validateHTTPURL(u.Proxy, path.Child("proxy"))...)
	errs = append(errs, validateHeaders(u.Headers, path.Child("headers"))...)
	for i, rule := range u.AccessControl {
		errs = append(errs, validateAccessRule(&rule, path.Child("accessControl").Index(i))...)
	}
	errs = append(errs, validateOneOf(path.Child("accessMode"), u.AccessMode, v1alpha1.AccessModePublic, v1alpha1.AccessModeAuthenticated)...)
	if u.AutoTagging != "" && !confidencePattern.MatchString(u.AutoTagging) {
		errs = append(errs, field.Invalid(path.Child("autoTagging"), u.AutoTagging, "must be a number from 0 to 1, such as 0.65"))
	}
	for i, kind := range u.Moderation {
		if kind == "" || strings.ContainsAny(kind, "| ") {
			errs = append(errs, field.Invalid(path.Child("moderation").Index(i), kind, "must be one kind of moderation, such as manual or duplicate:0.8"))
		}
	}
	return errs
}

func validateEager(eager string, path *field.Path) field.ErrorList {
	switch {
	case eager == "":
		return field.ErrorList{field.Required(path, "")}
	case strings.ContainsRune(eager, '|'):
		return field.ErrorList{field.Invalid(path, eager, "must be one transformation; list several one by one")}
	}
	return validateTransformation(eager, path)
}

func validateBreakpoints(b *v1alpha1.ResponsiveBreakpoints, path *field.Path) field.ErrorList {
	errs := validateRange(path.Child("bytesStep"), b.BytesStep, 1, 104_857_600)
	errs = append(errs, validateRange(path.Child("minWidth"), b.MinWidth, 1, 65_535)...)
	errs = append(errs, validateRange(path.Child("maxWidth"), b.MaxWidth, 1, 65_535)...)
	errs = append(errs, validateRange(path.Child("maxImages"), b.MaxImages, 3, 200)...)
	if least, most := valueOr(b.MinWidth, 50), valueOr(b.MaxWidth, 1000); least > most {
		errs = append(errs, field.Invalid(path.Child("minWidth"), least, fmt.Sprintf("must not be above maxWidth, %d", most)))
	}
	errs = append(errs, validateTransformation(b.Transformation, path.Child("transformation"))...)
	return append(errs, validateFormat(b.Format, path.Child("format"))...)
}

func validateHeaders(headers []v1alpha1.DeliveryHeader, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, header := range headers {
		name := textproto.CanonicalMIMEHeaderKey(header.Name)
		errs = append(errs, validateOneOf(path.Index(i).Child("name"), name, "Link", "Authorization", "X-Robots-Tag")...)
		if seen[name] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), header.Name))
		}
		seen[name] = true
		if header.Value == "" || strings.ContainsAny(header.Value, "\r\n") {
			errs = append(errs, field.Invalid(path.Index(i).Child("value"), field.OmitValueType{}, "must be one line of text"))
		}
	}
	return errs
}

func validateAccessRule(rule *v1alpha1.AccessControlRule, path *field.Path) field.ErrorList {
	if rule.AccessType == "" {
		return field.ErrorList{field.Required(path.Child("accessType"), "")}
	}
	errs := validateOneOf(path.Child("accessType"), rule.AccessType, v1alpha1.AccessTypeToken, v1alpha1.AccessTypeAnonymous)
	if rule.Start != nil && rule.End != nil && !rule.Start.Before(rule.End) {
		errs = append(errs, field.Invalid(path.Child("end"), timestamp(rule.End), "must be after start"))
	}
	if !hexPattern.MatchString(rule.Key) {
		errs = append(errs, field.Invalid(path.Child("key"), field.OmitValueType{}, "must be an even number of hexadecimal digits"))
	}
	return errs
}

func validateDescription(u *v1alpha1.UploadParameters, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, tag := range u.Tags {
		if strings.TrimSpace(tag) == "" || strings.ContainsRune(tag, ',') {
			errs = append(errs, field.Invalid(path.Child("tags").Index(i), tag, "must be one tag, without commas"))
		}
	}
	if _, ok := u.Context[""]; ok {
		errs = append(errs, field.Invalid(path.Child("context"), "", "must not have an empty key"))
	}
	seen := map[string]bool{}
	for i, value := range u.Metadata {
		path := path.Child("metadata").Index(i)
		if value.Field == "" {
			errs = append(errs, field.Required(path.Child("field"), ""))
		}
		if seen[value.Field] {
			errs = append(errs, field.Duplicate(path.Child("field"), value.Field))
		}
		seen[value.Field] = true
		errs = append(errs, validateMetadataValue(&value.MetadataValue, path)...)
	}
	errs = append(errs, validateRectangles(u.FaceCoordinates, path.Child("faceCoordinates"))...)
	errs = append(errs, validateRectangles(u.CustomCoordinates, path.Child("customCoordinates"))...)
	return append(errs, validateRegions(u.Regions, path.Child("regions"))...)
}

func validateRectangles(rectangles []v1alpha1.Rectangle, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, r := range rectangles {
		if r.Left < 0 || r.Top < 0 || r.Width < 1 || r.Height < 1 {
			errs = append(errs, field.Invalid(path.Index(i), field.OmitValueType{}, "must lie right of and below the top left corner and have an area"))
		}
	}
	return errs
}

func validateRegions(regions []v1alpha1.Region, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, region := range regions {
		path := path.Index(i)
		if region.Name == "" {
			errs = append(errs, field.Required(path.Child("name"), ""))
		}
		if seen[region.Name] {
			errs = append(errs, field.Duplicate(path.Child("name"), region.Name))
		}
		seen[region.Name] = true
		if len(region.Points) < 2 {
			errs = append(errs, field.TooFew(path.Child("points"), len(region.Points), 2))
		}
		for j, point := range region.Points {
			if point.Left < 0 || point.Top < 0 {
				errs = append(errs, field.Invalid(path.Child("points").Index(j), field.OmitValueType{}, "must not lie outside the picture"))
			}
		}
	}
	return errs
}

// timestamp writes t as the APIs do; an absent one is empty.
func timestamp(t *metav1.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
