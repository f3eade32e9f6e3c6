package svg

import "strings"

// elements are those that draw, group or describe.
var elements = words(`
	svg g defs symbol use switch a view title desc
	path rect circle ellipse line polyline polygon image
	text tspan tref textPath
	linearGradient radialGradient stop pattern clipPath mask marker style
	filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
	feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode
	feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence
	animate animateTransform animateMotion mpath
`)

// attributes are those of these elements that hold no reference by name; the values are checked nevertheless.
var attributes = words(`
	id class lang tabindex role version baseProfile viewBox preserveAspectRatio zoomAndPan
	x y width height cx cy r rx ry x1 y1 x2 y2 dx dy rotate d points pathLength transform transform-origin
	textLength lengthAdjust startOffset method spacing side
	gradientUnits gradientTransform spreadMethod fx fy fr offset
	patternUnits patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits mask-type
	markerUnits markerWidth markerHeight refX refY orient
	filterUnits primitiveUnits filterRes in in2 result mode type values tableValues slope intercept amplitude exponent
	operator k1 k2 k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode preserveAlpha kernelUnitLength
	surfaceScale diffuseConstant specularConstant specularExponent limitingConeAngle azimuth elevation pointsAtX pointsAtY
	pointsAtZ z scale xChannelSelector yChannelSelector stdDeviation radius baseFrequency numOctaves seed stitchTiles
	requiredFeatures requiredExtensions systemLanguage media
	attributeName attributeType begin dur end min max restart repeatCount repeatDur fill calcMode keyTimes keySplines
	from to by additive accumulate path keyPoints origin
	alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters
	color-rendering cursor direction display dominant-baseline enable-background fill-opacity fill-rule filter flood-color
	flood-opacity font font-family font-size font-size-adjust font-stretch font-style font-variant font-weight
	glyph-orientation-horizontal glyph-orientation-vertical image-rendering isolation kerning letter-spacing lighting-color
	line-height marker marker-end marker-mid marker-start mask mix-blend-mode opacity overflow paint-order pointer-events
	shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
	stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-overflow text-rendering text-transform
	unicode-bidi vector-effect visibility white-space word-spacing writing-mode
`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}
