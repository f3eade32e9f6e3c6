package vips

// vibrance saturates what is pale more than what is vivid already.
func vibrance(s *stage, args arguments) error {
	amount, err := args.number("level")
	if err != nil {
		return err
	}
	return s.eachColor(vivid(amount))
}

// vivid is the change that vibrance makes, -100..100.
func vivid(amount float64) colorChange {
	return func(c [3]float64) [3]float64 {
		high, low := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
		if high == 0 {
			return c
		}
		gray := brightness(c)
		factor := 1 + amount/100*(1-(high-low)/high)
		for i := range c {
			c[i] = gray + (c[i]-gray)*factor
		}
		return c
	}
}

// brightnessHSB scales the B of HSB: all channels alike, until the strongest is full, so that hue and saturation stay.
func brightnessHSB(s *stage, args arguments) error {
	amount, err := args.number("level")
	if err != nil {
		return err
	}
	return s.eachColor(func(c [3]float64) [3]float64 {
		high := max(c[0], c[1], c[2])
		if high == 0 {
			return c
		}
		factor := min(high*(100+amount)/100, 255) / high
		return [3]float64{c[0] * factor, c[1] * factor, c[2] * factor}
	})
}
