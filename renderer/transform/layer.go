package transform

import (
	"encoding/base64"
	"strings"
)

// readLayer reads l_ or u_, still escaped.
func readLayer(d *draft, raw string, under bool) error {
	layer, err := parseLayer(raw)
	if err != nil {
		return err
	}
	layer.Under = under
	d.layer = layer
	return nil
}

func parseLayer(raw string) (*Layer, error) {
	if rest, ok := strings.CutPrefix(raw, LayerText+":"); ok {
		return parseTextLayer(rest)
	}
	value := unescape(raw)
	if !printable(value) || strings.HasPrefix(value, LayerText+":") {
		return nil, errValue
	}
	if isVariable(value) {
		return &Layer{Kind: LayerVariable, ID: value}, nil
	}
	layer := &Layer{Kind: LayerImage, Type: typeUpload}
	prefix, rest, ok := strings.Cut(value, ":")
	if ok {
		switch prefix {
		case LayerVideo, LayerAudio, LayerSubtitles, LayerLUT:
			layer.Kind, value = prefix, rest
		}
	}
	if layer.Kind == LayerSubtitles {
		style, id, ok := strings.Cut(value, ":")
		if parsed, err := ParseTextStyle(style); ok && err == nil && parsed.Template == "" {
			layer.Style, value = parsed, id
		}
	}
	if prefix, rest, ok = strings.Cut(value, ":"); ok {
		switch prefix {
		case typePrivate, typeAuthenticated, typeFetch:
			layer.Type, value = prefix, rest
		}
	}
	if layer.Type == typeFetch {
		return fetchLayer(layer, value)
	}
	id, ok := layerID(value)
	if !ok {
		return nil, errValue
	}
	layer.ID = id
	if shorter, ext := splitExtension(id); ext != "" && knownLayerExtension(layer.Kind, ext) {
		layer.ID, layer.Ext = shorter, strings.ToLower(ext)
	}
	return layer, nil
}

// knownLayerExtension tells whether what follows the last dot of a layer's ID is an extension.
func knownLayerExtension(kind, ext string) bool {
	if kind == LayerLUT {
		return isWord(strings.ToLower(ext), "cube 3dl")
	}
	_, known := CanonicalFormat(ext)
	return known
}

// layerID reads a public ID inside a parameter: colons stand for slashes.
func layerID(value string) (string, bool) {
	id := strings.ReplaceAll(value, ":", "/")
	return id, strings.Trim(id, "/") == id && id != "" && len(id) <= 1024
}

// fetchLayer reads <base64 of a URL>[.<ext>].
func fetchLayer(layer *Layer, value string) (*Layer, error) {
	encoded, ext, hasExt := strings.Cut(value, ".")
	if hasExt && !isExtension(ext) {
		return nil, errValue
	}
	url, ok := decodeURL(encoded)
	if !ok {
		return nil, errValue
	}
	if layer.Kind == LayerImage {
		layer.Kind = LayerFetch
	}
	layer.ID, layer.Ext = url, strings.ToLower(ext)
	return layer, nil
}

// parseTextLayer reads <style>:<text>, still escaped. Both are decoded twice, because a font may lie in a folder.
func parseTextLayer(raw string) (*Layer, error) {
	styleText, text, ok := strings.Cut(raw, ":")
	styleText = unescape(unescape(styleText))
	if !ok || !printable(styleText) {
		return nil, errValue
	}
	style, err := ParseTextStyle(styleText)
	if err != nil {
		return nil, err
	}
	decoded, ok := decodeText(text)
	if !ok {
		return nil, errValue
	}
	return &Layer{Kind: LayerText, Text: decoded, Style: style}, nil
}

// spell is the l_ or u_ piece.
func (l *Layer) spell() string {
	key := "l_"
	if l.Under {
		key = "u_"
	}
	ext := ""
	if l.Ext != "" {
		ext = "." + l.Ext
	}
	id := strings.ReplaceAll(escapeValue(l.ID), "%2F", ":") + ext
	switch l.Kind {
	case LayerText:
		return key + "text:" + escape(l.Style.String(), "-._~!$()*;=@+", "%") + ":" + spellText(l.Text)
	case LayerVariable:
		return key + l.ID
	}
	prefix := ""
	switch l.Kind {
	case LayerVideo, LayerAudio, LayerSubtitles, LayerLUT:
		prefix = l.Kind + ":"
	}
	if l.Style != nil {
		prefix += escape(l.Style.String(), "-._~!$()*;=@+", "") + ":"
	}
	switch l.Type {
	case typeFetch:
		return key + prefix + "fetch:" + base64.RawURLEncoding.EncodeToString([]byte(l.ID)) + ext
	case typePrivate, typeAuthenticated:
		prefix += l.Type + ":"
	}
	return key + prefix + id
}
