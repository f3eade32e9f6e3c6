package transform

import (
	"errors"
	"math"
)

// errValue says that a parameter does not take a value; the caller knows the parameter's name.
var errValue = errors.New("invalid value")

// parameter describes one key of the grammar. Exactly one of number, read and addon is set.
type parameter struct {
	// name is what errors call it: "Invalid <name> - <value>".
	name string
	// min and max bound a literal number; above says that min itself is excluded.
	min, max float64
	above    bool
	// self is the characteristic that an expression beginning with an operator starts from (w_div_2).
	self string
	// number takes a number or an expression.
	number func(d *draft, n *Number)
	// read takes any other value, percent-decoded unless raw is set. errValue stands for "Invalid <name> - <value>".
	read func(d *draft, value string) error
	raw  bool
	// addon names what a deployment would need to know the parameter at all.
	addon string
}

// allows tells whether a literal is in the parameter's range.
func (p parameter) allows(x float64) bool {
	return p.min <= x && x <= p.max && (!p.above || x > p.min)
}

// unbounded is the limit of parameters that have none.
const unbounded = math.MaxFloat64

// parameters is the table of all keys, by key; read only. Assignments ($name_value) are read by parseAssignment.
var parameters = map[string]parameter{
	// Sizes.
	"w":   {name: "width", read: readWidth},
	"h":   {name: "height", read: readHeight},
	"ar":  {name: "aspect ratio", read: readAspect},
	"z":   {name: "zoom", min: 0, max: unbounded, above: true, number: func(d *draft, n *Number) { d.zoom = n }},
	"dpr": {name: "dpr", read: readDPR},
	"c":   {name: "crop mode", read: readMode},

	// Position.
	"g": {name: "gravity", read: readGravity},
	"x": {name: "x", min: -unbounded, max: unbounded, number: func(d *draft, n *Number) { d.component.Position.X = n }},
	"y": {name: "y", min: -unbounded, max: unbounded, number: func(d *draft, n *Number) { d.component.Position.Y = n }},

	// Shape and colour.
	"a":  {name: "angle", read: readAngle},
	"r":  {name: "radius", read: readRadius},
	"bo": {name: "border", read: readBorder},
	"b":  {name: "background", read: readBackground},
	"o":  {name: "opacity", min: 0, max: 100, number: func(d *draft, n *Number) { d.component.Opacity = n }},
	"co": {name: "color", read: readColor},
	"e":  {name: "effect", read: readEffect},
	"cs": {name: "color space", read: readColorSpace},

	// Layers.
	"l": {name: "overlay", read: func(d *draft, raw string) error { return readLayer(d, raw, false) }, raw: true},
	"u": {name: "underlay", read: func(d *draft, raw string) error { return readLayer(d, raw, true) }, raw: true},

	// What is decoded.
	"pg": {name: "page", read: readPage},
	"dn": {name: "density", read: readDensity},

	// What is delivered.
	"f":   {name: "extension in transformation", read: readFormat},
	"q":   {name: "quality", read: readQuality},
	"fl":  {name: "flag", read: readFlags, raw: true},
	"d":   {name: "default image", read: readDefault},
	"dl":  {name: "delay", min: 0, max: unbounded, number: func(d *draft, n *Number) { d.output.Delay = n }},
	"vs":  {name: "video sampling", read: readSampling},
	"fps": {name: "frame rate", read: readFrameRate},
	"p":   {name: "prefix", read: readClassPrefix},

	// Conditions.
	"if": {name: "condition", read: readCondition},

	// Time and codecs of video and audio.
	"so": {name: "start offset", read: readMedia("so", isTimeOrAuto)},
	"eo": {name: "end offset", read: readMedia("eo", isTime)},
	"du": {name: "duration", read: readMedia("du", isTime)},
	"vc": {name: "video codec", read: readMedia("vc", isCodec)},
	"ac": {name: "audio codec", read: readMedia("ac", isCodec)},
	"af": {name: "audio frequency", read: readMedia("af", isAudioFrequency)},
	"br": {name: "bit rate", read: readMedia("br", isBitRate)},
	"ki": {name: "keyframe interval", read: readMedia("ki", isPositive)},
	"sp": {name: "streaming profile", read: readMedia("sp", isProfile)},
	"dr": {name: "dynamic range", read: readMedia("dr", isDynamicRange)},

	// Named transformations are replaced before components are read; these answer where that cannot be.
	"t":  {name: "transformation component", read: refuse},
	"bl": {name: "transformation component", read: refuse},

	"fn": {name: "custom function", read: readFunction},
}

func refuse(*draft, string) error { return errValue }

// knownKeys tells whether every piece of a component has a key that the grammar knows.
func knownKeys(component string) bool {
	for _, piece := range piecesOf(component) {
		if piece[0] == '$' {
			continue
		}
		key, _ := splitPiece(piece)
		if _, ok := parameters[key]; !ok {
			return false
		}
	}
	return true
}
