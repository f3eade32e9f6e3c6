package library

import "context"

// Uploaded counts the assets that were uploaded: all but samples. It reads the whole table, so ask it seldom.
func (l *Library) Uploaded(ctx context.Context) (int64, error) {
	var assets int64
	if err := l.reader.NewRaw("SELECT COUNT(*) FROM assets WHERE NOT sample").Scan(ctx, &assets); err != nil {
		return 0, failed("counting the uploaded assets", err)
	}
	return assets, nil
}
