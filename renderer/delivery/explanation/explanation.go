// Package explanation is the JSON in which delivery explains a URL. It holds types only, for both sides.
package explanation

// Explanation is how a delivery URL is understood, and what it costs.
type Explanation struct {
	Address Address `json:"address"`
	// Transformation is as it was understood: named ones in full, defaults filled in, the pieces in order.
	Transformation string `json:"transformation"`
	// Components are the parts of the transformation in the order in which they run.
	Components []string `json:"components,omitempty"`
	Access     []string `json:"access,omitempty"`
	// Asset is what was found; absent when nothing was.
	Asset *Asset `json:"asset,omitempty"`
	// Answer is what the URL answers.
	Answer Answer `json:"answer"`
	// Steps are what the engine did, in order.
	Steps []Step `json:"steps,omitempty"`
	Cost  *Cost  `json:"cost,omitempty"`
	Cache *Cache `json:"cache,omitempty"`
}

// Address is the URL taken apart.
type Address struct {
	AssetType    string `json:"asset_type"`
	DeliveryType string `json:"delivery_type"`
	PublicID     string `json:"public_id"`
	Extension    string `json:"extension,omitempty"`
	Version      string `json:"version,omitempty"`
	Suffix       string `json:"suffix,omitempty"`
	// Written is the transformation as it stands in the URL.
	Written string `json:"transformation,omitempty"`
	// Signature is valid or none; a wrong one is an error.
	Signature string `json:"signature"`
}

// Asset is the asset that the URL is about.
type Asset struct {
	AssetID  string `json:"asset_id"`
	PublicID string `json:"public_id"`
	Type     string `json:"type"`
	Version  int64  `json:"version"`
	Format   string `json:"format"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Bytes    int64  `json:"bytes"`
	// Placeholder says that it stands in for an asset that is missing.
	Placeholder bool `json:"placeholder,omitempty"`
}

// Answer is what the URL answers to the client that asks for the explanation, by its headers.
type Answer struct {
	// Kind is original, derived or error.
	Kind   string `json:"kind"`
	Status int    `json:"status"`
	Error  string `json:"error,omitempty"`
	Format string `json:"format,omitempty"`
	// FormatBecause says where the format comes from.
	FormatBecause string `json:"format_because,omitempty"`
	Width         int    `json:"width,omitempty"`
	Height        int    `json:"height,omitempty"`
	Bytes         int64  `json:"bytes,omitempty"`
	Vary          string `json:"vary,omitempty"`
	CacheControl  string `json:"cache_control,omitempty"`
}

// Step is one thing that the engine did.
type Step struct {
	Component string  `json:"component"`
	Step      string  `json:"step"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Crop      *[4]int `json:"crop,omitempty"`
	// Mezzanine is the width and height of the smaller copy of the original that the step started from, when it did.
	Mezzanine *[2]int `json:"mezzanine,omitempty"`
}

// Cost is what making the picture once more has cost now.
type Cost struct {
	CPUMilliseconds  float64 `json:"cpu_ms"`
	WallMilliseconds float64 `json:"wall_ms"`
}

// Cache says where the derived file was before the URL was explained. Explaining stores nothing.
type Cache struct {
	Key string `json:"key"`
	// Found is disk, bucket or nowhere.
	Found string `json:"found"`
}
