package transform

// Plan is what a transformation string means: components in URL order and what the chain as a whole says
// about the delivered file. It is pure data (JSON-serialisable: it crosses the socket to the engine) and
// carries no asset: the same plan may be applied to any picture.
type Plan struct {
	// Components run in order, each on the result of the one before.
	Components []Component `json:"components,omitempty"`
	// Output is resolved over the whole base chain (the last f_ and the last q_ win).
	Output Output `json:"output,omitzero"`
}

// Component is one slash-separated part of a transformation. The steps inside run in the fixed order of the
// fields, whatever the written order was (image-transformations contract, section 1.2).
type Component struct {
	// Text is the component in canonical spelling (pieces sorted), for errors, labels and explanations.
	Text string `json:"text,omitempty"`
	// Branch is an if_/if_else/if_end block; all other fields are then empty.
	Branch *Branch `json:"branch,omitempty"`
	// If guards this component alone (if_<condition>,c_...).
	If *Condition `json:"if,omitempty"`
	// Set holds variable assignments ($name_value), evaluated before the rest.
	Set []Assignment `json:"set,omitempty"`
	// Page is the raw value of pg_.
	Page string `json:"page,omitempty"`
	// Density is dn_, in dpi.
	Density *Number `json:"density,omitempty"`
	// IgnoreOrientation is a_ignore.
	IgnoreOrientation bool `json:"ignoreOrientation,omitempty"`
	// AutoRotate is "right" or "left" (a_auto_right, a_auto_left).
	AutoRotate string `json:"autoRotate,omitempty"`
	// Resize is the crop or resize step; nil when the component has none of c_, w_, h_, ar_.
	Resize *Resize `json:"resize,omitempty"`
	// Rotations are fixed angles and flips, applied left to right.
	Rotations []Rotation `json:"rotations,omitempty"`
	// Effect is the last e_ of the component.
	Effect *Effect `json:"effect,omitempty"`
	// Function is fn_. It runs where an effect would, behind the effect.
	Function *Function `json:"function,omitempty"`
	// Opacity is o_, 0..100.
	Opacity *Number `json:"opacity,omitempty"`
	// Radius is r_.
	Radius *Radius `json:"radius,omitempty"`
	// Border is bo_.
	Border *Border `json:"border,omitempty"`
	// Background is b_: the padding of a pad mode, otherwise what transparent areas are painted with.
	Background *Background `json:"background,omitempty"`
	// Layer is an l_ or u_ with everything up to its fl_layer_apply.
	Layer *Layer `json:"layer,omitempty"`
	// Position is g_, x_ and y_ as written in this component; it belongs to the crop, or to the effect that
	// reads it. Placement of a layer is in Layer.Position.
	Position Position `json:"position,omitzero"`
	// Color is co_.
	Color *Color `json:"color,omitempty"`
	// ColorSpace is the raw value of cs_.
	ColorSpace string `json:"colorSpace,omitempty"`
	// Flags are the fl_ values of the component that act inside the chain, sorted; those about delivery are in Output.Flags.
	Flags []string `json:"flags,omitempty"`
	// Media holds the parameters about time and codecs of video and audio (so, eo, du, vc, ac, af, br, ki, sp, dr), raw, by key.
	Media map[string]string `json:"media,omitempty"`
	// Output is what a component under a condition says about the delivered file. When the component runs, what is
	// set here goes before Plan.Output. Nil outside conditions: there everything is in Plan.Output.
	Output *Output `json:"output,omitempty"`
}

// Number is a literal or an expression over variables and characteristics. The zero Number is the literal 0.
type Number struct {
	// Value is the literal, when Expr is empty.
	Value float64 `json:"value,omitempty"`
	// Decimal says that the literal was written with a decimal point, so that it is a fraction, not pixels.
	Decimal bool `json:"decimal,omitempty"`
	// Expr is the expression in postfix order. Operands are literals ("200", "0.8"), characteristics ("iw") or
	// variables ("$w"); operators are add sub mul div mod pow.
	Expr []string `json:"expr,omitempty"`
}

// Resize modes, as written after c_. The empty mode means scale.
const (
	ModeScale    = "scale"
	ModeFit      = "fit"
	ModeLimit    = "limit"
	ModeMinFit   = "mfit"
	ModeFill     = "fill"
	ModeLimFill  = "lfill"
	ModeFillPad  = "fill_pad"
	ModeThumb    = "thumb"
	ModeCrop     = "crop"
	ModePad      = "pad"
	ModeLimPad   = "lpad"
	ModeMinPad   = "mpad"
	ModeAuto     = "auto"
	ModeAutoPad  = "auto_pad"
	ModeImaggaCr = "imagga_crop"
	ModeImaggaSc = "imagga_scale"
)

// Resize is a crop or resize. Position (gravity, x, y) is on the component.
type Resize struct {
	// Mode is one of the Mode constants; never empty after parsing.
	Mode string `json:"mode"`
	// Width and Height: integer pixels, or a fraction of the component's input when decimal.
	Width  *Number `json:"width,omitempty"`
	Height *Number `json:"height,omitempty"`
	// WidthAuto is the raw value of w_auto… ("auto", "auto:100:387"); resolved by delivery before rendering.
	WidthAuto string `json:"widthAuto,omitempty"`
	// Aspect is ar_ as width divided by height.
	Aspect *Number `json:"aspect,omitempty"`
	// Zoom is z_, default 1.
	Zoom *Number `json:"zoom,omitempty"`
	// IgnoreAspect is fl_ignore_aspect_ratio.
	IgnoreAspect bool `json:"ignoreAspect,omitempty"`
	// Relative is fl_relative: decimal sizes are fractions of the base picture (layers only).
	Relative bool `json:"relative,omitempty"`
	// RegionRelative is fl_region_relative.
	RegionRelative bool `json:"regionRelative,omitempty"`
}

// Position is a gravity with offsets.
type Position struct {
	Gravity *Gravity `json:"gravity,omitempty"`
	X       *Number  `json:"x,omitempty"`
	Y       *Number  `json:"y,omitempty"`
}

// Gravity names an anchor: Name is the part up to the first colon ("north_east", "face", "auto",
// "xy_center", "custom", "region", ...), Args what follows, split at colons.
type Gravity struct {
	Name string   `json:"name"`
	Args []string `json:"args,omitempty"`
}

// Rotation is one step of a_: exactly one of Flip and Degrees is meant.
type Rotation struct {
	// Flip is "h", "v" or empty.
	Flip string `json:"flip,omitempty"`
	// Degrees is clockwise.
	Degrees *Number `json:"degrees,omitempty"`
}

// Effect is an e_ with its arguments, once percent-decoded and split at colons and semicolons outside parentheses.
// A colour "rgb:hex" stays one argument. Numbers out of range are clamped; omitted arguments are not filled in.
type Effect struct {
	// Name is a known effect, or a variable ("$effect"): then Resolve gives the effect that is meant.
	Name string   `json:"name"`
	Args []string `json:"args,omitempty"`
	// Width and Height are w_ and h_ where they are the size of the region that the effect works on (blur_region,
	// pixelate_region). The component then has no Resize; Position is the region's corner.
	Width  *Number `json:"width,omitempty"`
	Height *Number `json:"height,omitempty"`
}

// Radius is r_: Max, or one to four corner radii in pixels, expanded to top-left, top-right, bottom-right, bottom-left.
type Radius struct {
	Max     bool      `json:"max,omitempty"`
	Corners [4]Number `json:"corners"`
}

// Border is bo_<n>px_solid_<color>.
type Border struct {
	Width Number `json:"width"`
	Color Color  `json:"color"`
}

// Color is an RGBA colour (0..255, A 255 opaque), or the name of a variable that holds one ("$bcolor").
type Color struct {
	R        uint8  `json:"r"`
	G        uint8  `json:"g"`
	B        uint8  `json:"b"`
	A        uint8  `json:"a"`
	Variable string `json:"variable,omitempty"`
}

// Background is b_. Exactly one of Color, Transparent, Auto and Blurred is meant.
type Background struct {
	Color *Color `json:"color,omitempty"`
	// Transparent is b_transparent or b_none.
	Transparent bool `json:"transparent,omitempty"`
	// Auto holds the arguments of b_auto ("predominant", "4", "palette_red_green"); it is ["border"] when none was given.
	Auto []string `json:"auto,omitempty"`
	// Blurred holds intensity and brightness of b_blurred, defaults filled in: {100, 0}.
	Blurred []Number `json:"blurred,omitempty"`
}

// Kinds of layer.
const (
	LayerImage     = "image"
	LayerText      = "text"
	LayerFetch     = "fetch"
	LayerVideo     = "video"
	LayerAudio     = "audio"
	LayerSubtitles = "subtitles"
	LayerLUT       = "lut"
	LayerVariable  = "variable"
)

// Layer is an overlay (l_) or underlay (u_).
type Layer struct {
	Under bool   `json:"under,omitempty"`
	Kind  string `json:"kind"`
	// Type is the delivery type of the layer's asset: upload, private, authenticated, fetch.
	Type string `json:"type,omitempty"`
	// ID is the public ID with slashes, the URL of a fetch layer, or the variable's name.
	ID string `json:"id,omitempty"`
	// Ext is the extension written after the ID, without the dot.
	Ext string `json:"ext,omitempty"`
	// Text is the text of a text layer, fully decoded but for $(name) references. ExpandText inserts those; it also
	// undoes the doubling of dollar signs that keeps a literal "$(" apart from a reference.
	Text string `json:"layerText,omitempty"`
	// Style is the style of a text layer.
	Style *TextStyle `json:"style,omitempty"`
	// Components transform the layer before it is placed. For the shorthand form this is one component made of the
	// sizing, effect, opacity, radius and border pieces written beside l_.
	Components []Component `json:"components,omitempty"`
	// Beside tells that the first of Components was written in the same component as l_ or u_. For a text layer that one
	// is about setting the text (wrap width, colour, background box, border as outline), not about the finished bitmap.
	Beside bool `json:"beside,omitempty"`
	// Position places the layer on the base; decimals are fractions of the base. No gravity means center.
	Position Position `json:"position,omitzero"`
	// Blend is "" (source over), multiply, screen, overlay, mask, cut_out, displace or anti_removal.
	Blend string `json:"blend,omitempty"`
	// BlendArgs are the arguments of the blend effect.
	BlendArgs []string `json:"blendArgs,omitempty"`
	// Flags of the opening and closing component that act on the layer, sorted: cutter, no_overflow, tiled, text_no_trim,
	// text_disallow_overflow, relative (when no Resize has it), replace_image, splice, alternate.
	Flags []string `json:"flags,omitempty"`
}

// TextStyle is the style part of l_text.
type TextStyle struct {
	// Template is the public ID of a text asset that the style is taken from, or a variable ("$style") that holds a
	// style; the rest is then empty.
	Template   string `json:"template,omitempty"`
	Font       string `json:"font,omitempty"`
	Size       Number `json:"size"`
	Weight     string `json:"weight,omitempty"`
	Italic     bool   `json:"italic,omitempty"`
	Decoration string `json:"decoration,omitempty"`
	Align      string `json:"align,omitempty"`
	Stroke     bool   `json:"stroke,omitempty"`
	// Outline is a border that stands in the style itself ("stroke_bo_3px_solid_red", as transformation-builder-sdk writes
	// it); that of the component goes before.
	Outline       *Border `json:"outline,omitempty"`
	LetterSpacing float64 `json:"letterSpacing,omitempty"`
	LineSpacing   float64 `json:"lineSpacing,omitempty"`
	Antialias     string  `json:"antialias,omitempty"`
	Hinting       string  `json:"hinting,omitempty"`
}

// Branch is a conditional block. An else-if is a Branch inside Else.
type Branch struct {
	If   Condition   `json:"if"`
	Then []Component `json:"then,omitempty"`
	Else []Component `json:"else,omitempty"`
}

// Condition is a disjunction of conjunctions of comparisons: `and` binds tighter than `or`.
type Condition struct {
	AnyOf [][]Comparison `json:"anyOf"`
}

// Comparison compares two operands. Op is eq ne lt gt lte gte in nin isdef isndef.
type Comparison struct {
	Left  Operand  `json:"left"`
	Op    string   `json:"op"`
	Right *Operand `json:"right,omitempty"`
}

// Operand is a number expression, a string list (!a:b!), or a named characteristic that holds strings ("tags", "ctx:key",
// "md:id"). In assignments the name may also be "current" (the picture as it is), "current:public_id" or "ref:<public:id>".
type Operand struct {
	Number  *Number  `json:"number,omitempty"`
	Strings []string `json:"strings,omitempty"`
	// Literal is true when Strings was written as !…!, so that the empty list !!, which is the empty string, can be told.
	Literal bool   `json:"literal,omitempty"`
	Name    string `json:"name,omitempty"`
}

// Assignment is $name_value. Value is a number expression or a string (list).
type Assignment struct {
	Name  string  `json:"name"`
	Value Operand `json:"value"`
	// Convert is "", "i" or "f" (_to_i, _to_f).
	Convert string `json:"convert,omitempty"`
}

// Output is what the chain says about the delivered file.
type Output struct {
	// Format is the f_ value ("png"), empty when none was given or it is auto.
	Format string `json:"format,omitempty"`
	// Auto is "auto", "auto:image", "auto:video" or "auto:animated" for f_auto; else empty.
	Auto string `json:"auto,omitempty"`
	// Quality is the last q_.
	Quality Quality `json:"quality,omitzero"`
	// DPR multiplies absolute pixel sizes of the whole base chain; nil is 1.
	DPR *Number `json:"dpr,omitempty"`
	// DPRAuto is dpr_auto: delivery resolves it from client hints.
	DPRAuto bool `json:"dprAuto,omitempty"`
	// Default is d_: the placeholder's public ID with extension, with slashes.
	Default string `json:"default,omitempty"`
	// Flags about the delivered file, sorted, arguments kept ("attachment:pretty_flower", "progressive", "lossy").
	Flags []string `json:"flags,omitempty"`
	// Delay (dl_, ms), Sampling (vs_), FrameRate (fps_) of animated output, raw.
	Delay     *Number `json:"delay,omitempty"`
	Sampling  string  `json:"sampling,omitempty"`
	FrameRate string  `json:"frameRate,omitempty"`
	// ClassPrefix is p_: the prefix of CSS class names of sprites.
	ClassPrefix string `json:"classPrefix,omitempty"`
}

// Quality is q_.
type Quality struct {
	// Value is 1..100; nil when not given or auto.
	Value *Number `json:"value,omitempty"`
	// Auto is "", or one of best, good, eco, low for q_auto (good when the level was not written).
	Auto string `json:"auto,omitempty"`
	// Sensitive is q_auto:<level>:sensitive.
	Sensitive bool `json:"sensitive,omitempty"`
	// Chroma is "", "420" or "444".
	Chroma string `json:"chroma,omitempty"`
	// MaxQuantizer is qmax_ (1..100) of a video; 0 when not given.
	MaxQuantizer int `json:"maxQuantizer,omitempty"`
}
