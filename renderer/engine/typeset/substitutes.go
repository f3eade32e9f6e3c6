package typeset

// substitutes are families that are asked for by name everywhere and that a machine does not have, with the one that
// is set instead: of the same widths where there is one (Arial), otherwise of the same kind. Names are folded.
var substitutes = map[string]string{
	// The same widths.
	"arial":           "Liberation Sans",
	"helvetica":       "Liberation Sans",
	"helvetica neue":  "Liberation Sans",
	"arimo":           "Liberation Sans",
	"arial narrow":    "Liberation Sans Narrow",
	"times":           "Liberation Serif",
	"times new roman": "Liberation Serif",
	"tinos":           "Liberation Serif",
	"courier":         "Liberation Mono",
	"courier new":     "Liberation Mono",
	"cousine":         "Liberation Mono",
	"verdana":         "DejaVu Sans",
	"geneva":          "DejaVu Sans",
	"bitstream vera":  "DejaVu Sans",

	// The generic families of CSS.
	"sans":       "Liberation Sans",
	"sans-serif": "Liberation Sans",
	"serif":      "Liberation Serif",
	"mono":       "Liberation Mono",
	"monospace":  "Liberation Mono",
	"system-ui":  "Roboto",
	"emoji":      "Noto Color Emoji",

	// Without serifs.
	"arial black":     "Roboto",
	"calibri":         "Roboto",
	"futura":          "Roboto",
	"gill sans":       "Noto Sans",
	"impact":          "Roboto",
	"inter":           "Roboto",
	"lato":            "Noto Sans",
	"lucida grande":   "DejaVu Sans",
	"montserrat":      "Noto Sans",
	"nunito":          "Noto Sans",
	"open sans":       "Noto Sans",
	"oswald":          "Roboto",
	"poppins":         "Noto Sans",
	"raleway":         "Noto Sans",
	"segoe ui":        "Noto Sans",
	"source sans pro": "Noto Sans",
	"source sans 3":   "Noto Sans",
	"tahoma":          "DejaVu Sans",
	"trebuchet ms":    "DejaVu Sans",
	"ubuntu":          "Noto Sans",

	// With serifs.
	"baskerville":      "Noto Serif",
	"book antiqua":     "Noto Serif",
	"cambria":          "Noto Serif",
	"garamond":         "Noto Serif",
	"georgia":          "DejaVu Serif",
	"lora":             "Noto Serif",
	"merriweather":     "Noto Serif",
	"palatino":         "Noto Serif",
	"playfair display": "Noto Serif",
	"pt serif":         "Noto Serif",

	// Of one width.
	"consolas":        "DejaVu Sans Mono",
	"lucida console":  "DejaVu Sans Mono",
	"menlo":           "DejaVu Sans Mono",
	"monaco":          "DejaVu Sans Mono",
	"roboto mono":     "DejaVu Sans Mono",
	"source code pro": "DejaVu Sans Mono",
}
