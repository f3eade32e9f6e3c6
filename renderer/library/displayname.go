package library

import (
	"context"
	"crypto/rand"
	"hash/fnv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// makeDisplayNameUnique gives asset a suffix to its display name when another asset of the folder has the name. Transactions
// that do so with the same name take turns.
func (l *Library) makeDisplayNameUnique(ctx context.Context, tx bun.Tx, asset *Asset) error {
	if l.driver == config.DatabasePostgres {
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(asset.AssetFolder + "/" + asset.DisplayName)) // A hash never fails.
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(sum.Sum64())); err != nil {
			return err
		}
	}
	taken, err := tx.NewSelect().Model((*assetRow)(nil)).Where("asset_folder = ?", asset.AssetFolder).Where("display_name = ?", asset.DisplayName).
		Where("NOT (resource_type = ? AND type = ? AND public_id = ?)", asset.ResourceType, asset.Type, asset.PublicID).Exists(ctx)
	if err != nil || !taken {
		return err
	}
	const suffix = 6
	runes := []rune(asset.DisplayName)
	asset.DisplayName = string(runes[:min(len(runes), maxDisplayName-suffix-1)]) + "_" + strings.ToLower(rand.Text()[:suffix])
	return nil
}

// maxDisplayName bounds a display name that was made unique, in characters.
const maxDisplayName = 255
