package transform

import "strings"

// readSize reads w_ or h_: pixels, a fraction or an expression, above zero.
func readSize(value, self string) (*Number, error) {
	number, ok := parseNumber(value, self)
	if !ok || len(number.Expr) == 0 && number.Value <= 0 {
		return nil, errValue
	}
	return number, nil
}

func readWidth(d *draft, value string) error {
	if value == "auto" || strings.HasPrefix(value, "auto:") {
		if !isAutoWidth(value) {
			return errValue
		}
		if !d.stored {
			d.width, d.widthAuto = nil, value
		}
		return nil
	}
	number, err := readSize(value, "w")
	if err == nil {
		d.width, d.widthAuto = number, ""
	}
	return err
}

// isAutoWidth tells whether a value is auto[:<step>[:<fallback>]] or auto:breakpoints[_<min>_<max>_<kB>_<count>][:<fallback>][:json].
func isAutoWidth(value string) bool {
	args := strings.Split(value, ":")[1:]
	if len(args) > 0 && (args[0] == "breakpoints" || strings.HasPrefix(args[0], "breakpoints_")) {
		if limits := strings.Split(args[0], "_")[1:]; len(limits) != 0 && (len(limits) != 4 || !areCounts(limits)) {
			return false
		}
		args = args[1:]
		if len(args) > 0 && args[len(args)-1] == "json" {
			args = args[:len(args)-1]
		}
		return len(args) <= 1 && areCounts(args)
	}
	return len(args) <= 2 && areCounts(args)
}

// areCounts tells whether all strings are whole numbers above zero.
func areCounts(all []string) bool {
	for _, s := range all {
		if number, ok := parseLiteral(s, false); !ok || number.Decimal || number.Value <= 0 {
			return false
		}
	}
	return true
}

func readHeight(d *draft, value string) error {
	if value == "auto" {
		d.height = nil
		return nil
	}
	number, err := readSize(value, "h")
	if err == nil {
		d.height = number
	}
	return err
}

// readAspect reads ar_: 16:9, 1.5, an expression, or variables on both sides of the colon.
func readAspect(d *draft, value string) error {
	if number, ok := parseLiteral(value, true); ok {
		if number.Value <= 0 {
			return errValue
		}
		number.Decimal = true
		d.aspect = &number
		return nil
	}
	if number, ok := parseNumber(value, "ar"); ok {
		d.aspect = number
		return nil
	}
	a, b, ok := strings.Cut(value, ":")
	if !ok {
		return errValue
	}
	left, okLeft := parseOperand(a, false)
	right, okRight := parseOperand(b, false)
	if !okLeft || !okRight || !isVariable(left) && !isVariable(right) {
		return errValue
	}
	d.aspect = &Number{Expr: []string{left, right, "div"}}
	return nil
}

func readDPR(d *draft, value string) error {
	if value == "auto" {
		if !d.stored {
			d.output.DPR, d.output.DPRAuto = nil, true
		}
		return nil
	}
	number, ok := parseNumber(value, "")
	if !ok || len(number.Expr) == 0 && number.Value <= 0 {
		return errValue
	}
	d.output.DPR, d.output.DPRAuto = number, false
	return nil
}

func readMode(d *draft, value string) error {
	switch value {
	case ModeScale, ModeFit, ModeLimit, ModeMinFit, ModeFill, ModeLimFill, ModeFillPad, ModeThumb, ModeCrop, ModePad,
		ModeLimPad, ModeMinPad, ModeAuto, ModeAutoPad, ModeImaggaCr, ModeImaggaSc:
		d.mode = value
		return nil
	}
	return errValue
}
