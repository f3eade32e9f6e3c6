package vips

import "math/rand/v2"

// noise adds grain to the brightness. The grain of two renderings is the same.
func noise(s *stage, args arguments) error {
	amount, err := args.number("level")
	if err != nil || amount == 0 {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // grain, not a secret
	return s.eachPixel(func(data []byte, bands int) {
		for at := 0; at < len(data); at += bands {
			grain := (random.Float64() + random.Float64() - 1) * amount * 1.28
			for c := range 3 {
				data[at+c] = level(float64(data[at+c]) + grain)
			}
		}
	})
}
