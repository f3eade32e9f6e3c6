package wire

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Object is a JSON object whose keys depend on the request.
type Object = map[string]any

// TypeFetch is the delivery type of files at URLs, which are their public IDs.
const TypeFetch = "fetch"

// Links writes the delivery URLs of an environment.
type Links struct {
	Environment catalog.Environment
	// Secret signs the URLs of assets that are delivered with a signature only.
	Secret string
}

// Asset gives the URLs of an original.
func (l Links) Asset(asset *library.Asset) (url, secureURL string) {
	format := asset.Format
	if asset.ResourceType == library.Raw {
		format = ""
	}
	return l.build(asset, "", format)
}

// Derived gives the URLs of a file made from asset by transformation. An empty format adds no extension.
func (l Links) Derived(asset *library.Asset, transformation, format string) (url, secureURL string) {
	return l.build(asset, transformation, format)
}

func (l Links) build(asset *library.Asset, transformation, format string) (url, secureURL string) {
	transformation = escapeTransformation(transformation)
	source := escapeID(asset.PublicID)
	// What stands behind the URL of a file elsewhere would be a part of that.
	if format != "" && asset.Type != TypeFetch {
		source += "." + format
	}
	parts := []string{l.Environment.CloudName, asset.ResourceType, asset.Type}
	if restricted(asset.Type) && l.Secret != "" {
		parts = append(parts, "s--"+sign.Delivery(transformation, source, l.Secret)+"--")
	}
	if transformation != "" {
		parts = append(parts, transformation)
	}
	parts = append(parts, "v"+strconv.FormatInt(asset.Version, 10), source)
	path := "/" + strings.Join(parts, "/")
	return l.Environment.DeliveryBaseURL + path, l.Environment.SecureDeliveryBaseURL + path
}

// Signature is the signature of an asset in answers to calls that are not signed themselves, by the algorithm of the environment.
func (l Links) Signature(asset *library.Asset) string {
	return sign.Response(asset.PublicID, asset.Version, l.Secret, sign.ParseAlgorithm(l.Environment.SignatureAlgorithm))
}

func restricted(assetType string) bool { return assetType == "private" || assetType == "authenticated" }

// Item is the asset as it appears in lists, without the keys that must be asked for.
func (l Links) Item(asset *library.Asset) Object {
	url, secureURL := l.Asset(asset)
	object := Object{
		"asset_id":      asset.AssetID,
		"public_id":     asset.PublicID,
		"version":       asset.Version,
		"resource_type": asset.ResourceType,
		"type":          asset.Type,
		"created_at":    Time(asset.CreatedAt),
		"bytes":         asset.Bytes,
		"access_mode":   accessMode(asset),
		"url":           url,
		"secure_url":    secureURL,
	}
	if len(asset.AccessControl) > 0 {
		object["access_control"] = accessControl(asset)
	}
	if asset.Format != "" {
		object["format"] = asset.Format
	}
	if asset.ResourceType != library.Raw && asset.Width > 0 {
		object["width"], object["height"] = asset.Width, asset.Height
	}
	if l.Environment.DynamicFolders {
		object["asset_folder"], object["display_name"] = asset.AssetFolder, asset.DisplayName
	} else {
		object["folder"] = library.FolderOf(asset.PublicID)
	}
	return object
}

// Found are the keys that searches show beside an Item, and lists when they are asked for one of them by name.
func Found(asset *library.Asset) Object {
	object := Object{"filename": library.Filename(asset.PublicID), "uploaded_at": Time(asset.UploadedAt), "backup_bytes": asset.BackupBytes, "status": "active"}
	if asset.ResourceType != library.Raw && asset.Height > 0 {
		object["pixels"] = int64(asset.Width) * int64(asset.Height)
		object["aspect_ratio"] = math.Round(float64(asset.Width)/float64(asset.Height)*100000) / 100000
	}
	return object
}

func accessMode(asset *library.Asset) string {
	if asset.AccessMode == "" {
		return "public"
	}
	return asset.AccessMode
}

// accessControl is the JSON form of the rules of delivery.
func accessControl(asset *library.Asset) []Object {
	rules := make([]Object, len(asset.AccessControl))
	for i, rule := range asset.AccessControl {
		rules[i] = Object{"access_type": rule.Type}
		if rule.Start != nil {
			rules[i]["start"] = Time(*rule.Start)
		}
		if rule.End != nil {
			rules[i]["end"] = Time(*rule.End)
		}
	}
	return rules
}

// Context is the JSON form of contextual metadata.
func Context(values map[string]string) Object { return Object{"custom": values} }

// LastUpdated is the JSON form of when the parts of an asset were changed last.
func LastUpdated(asset *library.Asset) Object {
	object := Object{"updated_at": Time(asset.UpdatedAt)}
	for part, at := range asset.Changed {
		object[part] = Time(at)
	}
	return object
}

// AddUploaders adds who has stored the first version of an asset and the current one: {"access_key": the API key}, or what else
// library.Uploader knows, by its kind; null where it was not noted.
func AddUploaders(object Object, asset *library.Asset) {
	object["created_by"], object["uploaded_by"] = uploader(asset.CreatedBy), uploader(asset.UploadedBy)
}

func uploader(who library.Uploader) any {
	if who.Kind == "" {
		return nil
	}
	return Object{who.Kind: who.Name}
}

// Folder is the JSON form of a folder.
func Folder(folder *library.Folder) Object {
	return Object{"name": folder.Name, "path": folder.Path, "external_id": folder.ID}
}

// Moderations is the JSON form of the moderations of an asset.
func Moderations(asset *library.Asset) []Object {
	list := make([]Object, len(asset.Moderation))
	for i, m := range asset.Moderation {
		list[i] = Object{"kind": m.Kind, "status": m.Status, "updated_at": Time(m.UpdatedAt)}
	}
	return list
}

// Coordinates is the JSON form of the stored coordinates; nil when there are none.
func Coordinates(asset *library.Asset) Object {
	coordinates := Object{}
	if len(asset.Faces) > 0 {
		coordinates["faces"] = asset.Faces
	}
	if len(asset.Custom) > 0 {
		coordinates["custom"] = asset.Custom
	}
	if len(coordinates) == 0 {
		return nil
	}
	return coordinates
}

// Time is RFC 3339 in UTC with seconds.
func Time(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// escapeID percent-encodes a public ID like the SDKs do: everything but unreserved characters, "/" and ":".
func escapeID(id string) string { return escape(id, "-_.~/:") }

// escapeTransformation percent-encodes what a URL cannot hold. A transformation is written in the syntax of URLs, so
// that its escapes stay as they are.
func escapeTransformation(transformation string) string {
	return escape(transformation, "-_.~/:,;=$!()*'@&+%")
}

// escape percent-encodes everything but letters, digits and the kept characters.
func escape(text, kept string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(kept, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}
