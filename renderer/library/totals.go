package library

import "context"

// Totals counts what the library holds. Samples, and what is made from them, do not count.
type Totals struct {
	// Assets and Bytes are of originals.
	Assets int64
	Bytes  int64
	// Derived and DerivedBytes are of derived files.
	Derived      int64
	DerivedBytes int64
	// Unowned counts the objects that are reserved or garbage.
	Unowned int64
}

// Totals counts. It reads whole tables, so ask it seldom.
func (l *Library) Totals(ctx context.Context) (Totals, error) {
	var t Totals
	const query = `SELECT
		(SELECT COUNT(*) FROM assets WHERE NOT sample),
		(SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM assets WHERE NOT sample),
		(SELECT COUNT(*) FROM derived WHERE asset_id NOT IN (SELECT asset_id FROM assets WHERE sample)),
		(SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM derived WHERE asset_id NOT IN (SELECT asset_id FROM assets WHERE sample)),
		(SELECT COUNT(*) FROM garbage)`
	err := l.reader.NewRaw(query).Scan(ctx, &t.Assets, &t.Bytes, &t.Derived, &t.DerivedBytes, &t.Unowned)
	if err != nil {
		return Totals{}, failed("counting the library", err)
	}
	return t, nil
}
