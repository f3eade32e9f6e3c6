package engine

import "os"

// AnalyseRequest asks what there is to see on a picture, and what its file tells of it.
type AnalyseRequest struct {
	File   *os.File `json:"-"`
	Limits Limits   `json:"limits"`
}

// Analysis is what was found out about a picture. Scores are from 0 to 1 where nothing else is said; coordinates are pixels of
// the upright picture. The first page or frame stands for all.
type Analysis struct {
	// Colors are the colours that the picture is mostly of, the most frequent first: at most 32.
	Colors []ColorShare `json:"colors,omitempty"`
	// PHash is the perceptual hash: 64 bits, one for each low frequency that is above the median, as 16 hex digits.
	PHash string `json:"phash,omitempty"`
	// Faces are the boxes (x, y, w, h) of frontal faces, the surest first.
	Faces [][4]int `json:"faces,omitempty"`
	// EXIF holds the values of EXIF as they are stored; Metadata those of EXIF, IPTC and XMP as people read them. Both are by
	// the names of ExifTool.
	EXIF     map[string]string `json:"exif,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	// Grayscale says that no pixel has a colour; SemiTransparent that some are neither opaque nor invisible.
	Grayscale       bool `json:"grayscale,omitempty"`
	SemiTransparent bool `json:"semiTransparent,omitempty"`
	// Illustration is how much the picture looks drawn, by the share of neighbouring pixels that are exactly alike.
	Illustration float64    `json:"illustration,omitempty"`
	Quality      Quality    `json:"quality"`
	Colorblind   Colorblind `json:"colorblind"`
	// Cinemagraph is the share of an animation that stands still while something moves; 0 for others.
	Cinemagraph float64 `json:"cinemagraph,omitempty"`
}

// ColorShare is a colour and how much of the picture it stands for.
type ColorShare struct {
	// Color is #RRGGBB, or #RRGGBBAA where it is not opaque.
	Color string `json:"color"`
	// Percent is from 0 to 100.
	Percent float64 `json:"percent"`
}

// Quality is how good a picture is, technically.
type Quality struct {
	// Focus is how sharp the sharpest parts are.
	Focus float64 `json:"focus"`
	// Noise is 1 without noise on even surfaces.
	Noise float64 `json:"noise"`
	// Contrast is the spread of brightness, Exposure how little of it is lost in black and white, Saturation how colourful it is,
	// Lighting how near its middle brightness is to grey.
	Contrast   float64 `json:"contrast"`
	Exposure   float64 `json:"exposure"`
	Saturation float64 `json:"saturation"`
	Lighting   float64 `json:"lighting"`
	// Resolution is 1 from two million pixels.
	Resolution float64 `json:"resolution"`
	// JPEGQuality is that of the tables of a JPEG, by the scale of libjpeg divided by 100; JPEGChroma is 1 where it keeps all
	// colour, 0.5 for every second column, 0.25 for every second row, too. Both are nil for other formats.
	JPEGQuality *float64 `json:"jpegQuality,omitempty"`
	JPEGChroma  *float64 `json:"jpegChroma,omitempty"`
	// Pixels is about sharpness, noise and compression together, Color about contrast, exposure, saturation and lighting; Score
	// is their mean, weighted by the resolution.
	Pixels float64 `json:"pixels"`
	Color  float64 `json:"color"`
	Score  float64 `json:"score"`
}

// Colorblind is how much of a picture those can tell apart who see no red, no green or no blue, whichever is the least.
type Colorblind struct {
	// DistinctEdges is the share of edges, DistinctColors the share of pairs of colours, that stay distinct.
	DistinctEdges  float64 `json:"distinctEdges"`
	DistinctColors float64 `json:"distinctColors"`
	// MostIndistinctPair are the two colours, #rrggbb, that come closest to each other.
	MostIndistinctPair [2]string `json:"mostIndistinctPair"`
	// Score is the mean of both shares.
	Score float64 `json:"score"`
}
