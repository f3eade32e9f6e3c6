package library

import (
	"strconv"
	"strings"
)

// Most of what is stored as JSON is flat and plain: lists of texts, and objects of texts and integers, without escapes. A page of
// assets has a hundred of such, and reading them is a good part of its time; what is not plain is left to encoding/json.

// flatScanner reads plain JSON. ok is false once there was something that is not plain.
type flatScanner struct {
	text string
	at   int
	ok   bool
}

// take skips spaces, and then the character if it is there.
func (s *flatScanner) take(c byte) bool {
	for s.at < len(s.text) && s.text[s.at] == ' ' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// word reads a text in quotes.
func (s *flatScanner) word() string {
	if !s.take('"') {
		s.ok = false
		return ""
	}
	end := strings.IndexAny(s.text[s.at:], `"\`)
	if end < 0 || s.text[s.at+end] == '\\' {
		s.ok = false
		return ""
	}
	word := s.text[s.at : s.at+end]
	s.at += end + 1
	return word
}

// integer reads an integer.
func (s *flatScanner) integer() int64 {
	s.take(' ')
	end := s.at
	for end < len(s.text) && (s.text[end] == '-' || '0' <= s.text[end] && s.text[end] <= '9') {
		end++
	}
	if end < len(s.text) && s.text[end] != ',' && s.text[end] != '}' && s.text[end] != ' ' {
		s.ok = false
		return 0
	}
	number, err := strconv.ParseInt(s.text[s.at:end], 10, 64)
	s.ok = s.ok && err == nil
	s.at = end
	return number
}

// ends says whether the text has ended, too, and all of it was plain.
func (s *flatScanner) ends() bool {
	s.take(' ')
	return s.ok && s.at == len(s.text)
}

// each calls read for every element up to the closing character.
func (s *flatScanner) each(closing byte, read func()) {
	if s.take(closing) {
		return
	}
	for s.ok {
		read()
		if s.take(closing) {
			return
		}
		s.ok = s.ok && s.take(',')
	}
}

// flatList reads a list of plain texts; ok is false when it is another one.
func flatList(text string) (list []string, ok bool) {
	s := &flatScanner{text: text, ok: true}
	if !s.take('[') {
		return nil, false
	}
	list = make([]string, 0, 1+strings.Count(text, ","))
	s.each(']', func() { list = append(list, s.word()) })
	return list, s.ends()
}

// flatTexts reads an object of plain texts; ok is false when it is another one.
func flatTexts(text string) (texts map[string]string, ok bool) {
	s := &flatScanner{text: text, ok: true}
	if !s.take('{') {
		return nil, false
	}
	texts = map[string]string{}
	s.each('}', func() {
		name := s.word()
		s.ok = s.ok && s.take(':')
		texts[name] = s.word()
	})
	return texts, s.ends()
}

// flatValues reads an object of plain texts, integers and lists of texts, as decodeMetadata does; ok is false when it is another
// one.
func flatValues(text string) (values map[string]any, ok bool) {
	s := &flatScanner{text: text, ok: true}
	if !s.take('{') {
		return nil, false
	}
	values = map[string]any{}
	s.each('}', func() {
		name := s.word()
		s.ok = s.ok && s.take(':')
		switch {
		case s.take('['):
			list := []any{}
			s.each(']', func() { list = append(list, s.word()) })
			values[name] = list
		case s.take('"'):
			s.at--
			values[name] = s.word()
		default:
			values[name] = s.integer()
		}
	})
	return values, s.ends()
}
