package source

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Details asks for one asset, which takes a call of the API.
func (a *Account) Details(ctx context.Context, asset *Asset) (*Details, error) {
	var answer struct {
		AssetID     string `json:"asset_id"`
		VersionID   string `json:"version_id"`
		Version     int64  `json:"version"`
		Coordinates struct {
			Faces  [][]float64 `json:"faces"`
			Custom [][]float64 `json:"custom"`
		} `json:"coordinates"`
		Related []struct {
			ResourceType string `json:"resource_type"`
			Type         string `json:"type"`
			PublicID     string `json:"public_id"`
		} `json:"related_assets"`
		Versions []struct {
			VersionID  string `json:"version_id"`
			Version    any    `json:"version"`
			Time       string `json:"time"`
			Restorable bool   `json:"restorable"`
		} `json:"versions"`
	}
	path := []string{"resources", asset.ResourceType, asset.Type}
	for segment := range strings.SplitSeq(asset.PublicID, "/") {
		path = append(path, url.PathEscape(segment))
	}
	query := url.Values{"coordinates": {"true"}, "related": {"true"}, "versions": {"true"}, "max_results": {"1"}}
	if err := a.get(ctx, strings.Join(path, "/"), query, &answer); err != nil {
		return nil, err
	}
	details := &Details{Faces: rectangles(answer.Coordinates.Faces), Custom: rectangles(answer.Coordinates.Custom)}
	for _, related := range answer.Related {
		details.Related = append(details.Related, Name{ResourceType: related.ResourceType, Type: related.Type, PublicID: related.PublicID})
	}
	for _, version := range answer.Versions {
		number := numberOf(version.Version)
		if !version.Restorable || version.VersionID == "" || version.VersionID == answer.VersionID || number == answer.Version {
			continue
		}
		uploaded, err := time.Parse(time.RFC3339, version.Time)
		if err != nil && number > 0 {
			uploaded = time.Unix(number, 0).UTC() // which a version number is
		}
		details.Versions = append(details.Versions, Version{ID: version.VersionID, Number: number, UploadedAt: uploaded, URL: a.backupURL(answer.AssetID, version.VersionID)})
	}
	slices.SortStableFunc(details.Versions, func(x, y Version) int {
		if byTime := x.UploadedAt.Compare(y.UploadedAt); byTime != 0 {
			return byTime
		}
		return int(min(max(x.Number-y.Number, -1), 1))
	})
	return details, nil
}

// rectangles are those of x, y, width and height.
func rectangles(given [][]float64) (found [][4]int) {
	for _, one := range given {
		if len(one) == 4 {
			found = append(found, [4]int{int(one[0]), int(one[1]), int(one[2]), int(one[3])})
		}
	}
	return found
}

// numberOf is a version, which is a number or a text with one; 0 for anything else.
func numberOf(value any) int64 {
	switch value := value.(type) {
	case float64:
		return int64(value)
	case string:
		number, _ := strconv.ParseInt(value, 10, 64)
		return number
	}
	return 0
}

// backupURL is a signed link to the bytes of an earlier version.
func (a *Account) backupURL(assetID, versionID string) string {
	query := url.Values{"asset_id": {assetID}, "version_id": {versionID}, "timestamp": {strconv.FormatInt(a.Now().Unix(), 10)}}
	query.Set("signature", sign.Upload(query, a.APISecret))
	query.Set("api_key", a.APIKey)
	return a.endpoint("download_backup") + "?" + query.Encode()
}
