package notify

import (
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// DeletedFields tell of assets that were deleted.
func DeletedFields(assets ...*library.Asset) map[string]any {
	resources := make([]map[string]any, len(assets))
	for i, asset := range assets {
		resources[i] = identity(asset)
		resources[i]["public_id"], resources[i]["version"] = asset.PublicID, asset.Version
	}
	return map[string]any{"resources": resources}
}

// RenamedFields tell of an asset that was called from.
func RenamedFields(asset *library.Asset, from string) map[string]any {
	fields := identity(asset)
	fields["from_public_id"], fields["to_public_id"] = from, asset.PublicID
	return fields
}

// FolderFields tell of a folder that was made or deleted.
func FolderFields(path string) map[string]any {
	return map[string]any{"folder_name": library.Filename(path), "folder_path": path}
}

// FolderMovedFields tell of a folder that has another path.
func FolderMovedFields(from, to string) map[string]any {
	return map[string]any{"from_path": from, "to_path": to, "status": "success"}
}

// RelatedFields tell how many assets were related to one, or are not any more; action is add or delete.
func RelatedFields(assetID, action string, success, failed int) map[string]any {
	return map[string]any{"asset_id": assetID, "action_type": action, "total_success": success, "total_failed": failed}
}

// PublishedFields tell of an asset that everybody may have now.
func PublishedFields(asset *library.Asset, fromType string) map[string]any {
	resource := identity(asset)
	resource["public_id"], resource["version"], resource["from_type"] = asset.PublicID, asset.Version, fromType
	return map[string]any{"public_ids": []string{asset.PublicID}, "resources": []map[string]any{resource}}
}

// ModeratedFields tell of the decision of a moderation. The URLs are those of the asset.
func ModeratedFields(asset *library.Asset, moderation library.Moderation, url, secureURL string) map[string]any {
	return map[string]any{
		"moderation_status": moderation.Status, "moderation_kind": moderation.Kind, "moderation_updated_at": moderation.UpdatedAt.UTC().Format(time.RFC3339),
		"asset_id": asset.AssetID, "public_id": asset.PublicID, "resource_type": asset.ResourceType, "type": asset.Type,
		"uploaded_at": asset.UploadedAt.UTC().Format(time.RFC3339), "version": asset.Version, "url": url, "secure_url": secureURL, "etag": asset.ETag,
	}
}

// ModerationSummaryFields tell how the moderations of an asset have ended, all of them together: rejected when one rejects.
// Nil while one is open.
func ModerationSummaryFields(asset *library.Asset) map[string]any {
	all, overall := []map[string]string{}, library.ModerationApproved
	for _, m := range asset.Moderation {
		switch m.Status {
		case library.ModerationPending, library.ModerationQueued:
			return nil
		case library.ModerationApproved:
		default:
			overall = library.ModerationRejected
		}
		all = append(all, map[string]string{"kind": m.Kind, "status": m.Status})
	}
	if len(all) == 0 {
		return nil
	}
	fields := identity(asset)
	fields["public_id"], fields["version"], fields["moderation"], fields["moderation_status"] = asset.PublicID, asset.Version, all, overall
	return fields
}

// RestoredFields tell of an asset of which a version was brought back from the backup.
func RestoredFields(asset *library.Asset) map[string]any {
	fields := identity(asset)
	fields["public_id"], fields["version"], fields["version_id"] = asset.PublicID, asset.Version, asset.VersionID
	return fields
}

func identity(asset *library.Asset) map[string]any {
	return map[string]any{
		"resource_type": asset.ResourceType,
		"type":          asset.Type,
		"asset_id":      asset.AssetID,
		"asset_folder":  asset.AssetFolder,
		"display_name":  asset.DisplayName,
	}
}
