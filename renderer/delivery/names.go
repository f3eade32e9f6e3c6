package delivery

import (
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// name is one asset that an address may mean.
type name struct {
	key library.Key
	// ext is the extension that is requested under this reading.
	ext string
	// remote says that the asset is downloaded when it is not there.
	remote bool
}

// namesOf lists what an address may mean, in the order of preference: dots may belong to the public ID, and a last
// segment may be a suffix.
func namesOf(address *transform.Address, isRemote bool) []name {
	if isRemote {
		// Everything can be asked for at the source, so that there is no second reading.
		key := library.Key{ResourceType: address.AssetType, Type: address.Type, PublicID: address.PublicID}
		return []name{{key: key, ext: address.Ext, remote: true}}
	}
	names := readings(address)
	if address.AlternateID != "" {
		alternate := *address
		alternate.PublicID, alternate.Source = address.AlternateID, address.AlternateSource
		names = append(names, readings(&alternate)...)
	}
	return names
}

func readings(address *transform.Address) []name {
	var names []name
	for _, reading := range derive.Names(address.PublicID, address.Ext, address.FullID()) {
		key := library.Key{ResourceType: address.AssetType, Type: address.Type, PublicID: reading.PublicID}
		names = append(names, name{key: key, ext: reading.Ext})
	}
	return names
}

// placeholdersOf lists what the d_ of a plan for pictures may mean.
func placeholdersOf(address *transform.Address, plan *transform.Plan) []name {
	if plan.Output.Default == "" || address.AssetType != library.Image {
		return nil
	}
	id, ext := splitExt(plan.Output.Default)
	return readings(&transform.Address{AssetType: library.Image, Type: typeUpload, PublicID: id, Ext: ext, Source: plan.Output.Default})
}
