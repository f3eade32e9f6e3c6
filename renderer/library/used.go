package library

import "context"

// TransformationUsed says whether there is a derived file of exactly that transformation, as its URL gave it.
func (l *Library) TransformationUsed(ctx context.Context, transformation string) (bool, error) {
	used, err := l.reader.NewSelect().Model((*derivedRow)(nil)).Where("transformation = ?", transformation).Exists(ctx)
	if err != nil {
		return false, failed("looking for derived files of "+transformation, err)
	}
	return used, nil
}
