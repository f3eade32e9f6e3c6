package transform

import "strings"

// readMedia makes the reader of a parameter about time or codecs: it keeps the value as it is when it is valid.
func readMedia(key string, valid func(string) bool) func(d *draft, value string) error {
	return func(d *draft, value string) error {
		if !valid(value) {
			return errValue
		}
		if d.component.Media == nil {
			d.component.Media = map[string]string{}
		}
		d.component.Media[key] = value
		return nil
	}
}

// isTime tells whether s is seconds, a percentage of the length ("35p", "35%"), or an expression.
func isTime(s string) bool {
	for _, unit := range []string{"p", "%"} {
		if percent, ok := strings.CutSuffix(s, unit); ok {
			n, ok := parseLiteral(percent, false)
			return ok && n.Value >= 0 && n.Value <= 100
		}
	}
	n, ok := parseNumber(s, "")
	return ok && (len(n.Expr) > 0 || n.Value >= 0)
}

func isTimeOrAuto(s string) bool { return s == "auto" || isTime(s) }

func isCodec(s string) bool {
	return isWord(strings.SplitN(s, ":", 2)[0], "auto none h264 h265 av1 prores theora vp8 vp9 aac mp3 vorbis opus pcm24")
}

func isAudioFrequency(s string) bool { return s == "iaf" || areCounts([]string{s}) }

// isBitRate tells whether s is <n>[k|m][:constant], or the separate rates of video and audio.
func isBitRate(s string) bool {
	if rates, ok := strings.CutPrefix(s, "av:"); ok {
		return rates != ""
	}
	rate := strings.TrimSuffix(s, ":constant")
	return isPositive(strings.TrimRight(rate, "kmKM"))
}

func isProfile(s string) bool { return s != "" && !strings.HasPrefix(s, ":") }

func isDynamicRange(s string) bool { return s == "high" }
