package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// document is one with a mask, an image and another image. Its table of objects is left empty: nothing here reads it.
func document(extra string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
	b.WriteString("3 0 obj\n<</Type/XObject/Subtype/Image/Width 4/Height 4/ImageMask true/Length 2>>\nstream\nab\nendstream\nendobj\n")
	b.WriteString("4 0 obj\n<</Subtype/Image/Width 4/Height 4/ColorSpace/DeviceGray/Length 2>>\nstream\nab\nendstream\nendobj\n")
	b.WriteString("5 0 obj\n<</Subtype /Image/Width 4/Height 4/SMask 4 0 R/Length 2>>\nstream\nab\nendstream\nendobj\n")
	b.WriteString("6 0 obj\n<</Subtype/Image/Width 4/Height 4/Length 2>>\nstream\nab\nendstream\nendobj\n")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 7/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", extra, start)
	return b.Bytes()
}

func TestReplaceImage(t *testing.T) {
	was := document("/ID[<00><01>]")
	is, err := ReplaceImage(was, Picture{JPEG: []byte("JPEG"), Width: 20, Height: 10})
	if err != nil || !bytes.HasPrefix(is, was) {
		t.Fatalf("%v, the document stays %t", err, bytes.HasPrefix(is, was))
	}
	update := string(is[len(was):])
	for _, piece := range []string{"5 0 obj\n", "/Width 20/Height 10", "/Filter/DCTDecode/Length 4>>\nstream\nJPEG\nendstream", "xref\n5 1\n", "/Size 7/Prev ", "/Root 1 0 R/ID[<00><01>]>>"} {
		if !strings.Contains(update, piece) {
			t.Errorf("the update has no %q:\n%s", piece, update)
		}
	}
	if at := fmt.Sprintf("%010d 00000 n", len(was)); !strings.Contains(update, at) {
		t.Errorf("the object is not said to be at %s", at)
	}
	again, err := ReplaceImage(is, Picture{JPEG: []byte("OTHER"), Width: 1, Height: 1})
	if err != nil || !strings.Contains(string(again[len(is):]), "5 0 obj\n") {
		t.Errorf("the second time: %v", err)
	}
}

func TestDocumentsWithoutTables(t *testing.T) {
	body := "%PDF-1.5\n4 0 obj\n<</Subtype/Image/Width 4/Height 4/Length 2>>\nstream\nab\nendstream\nendobj\n"
	file := fmt.Sprintf("%s5 0 obj\n<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length 3>>\nstream\nabc\nendstream\nendobj\nstartxref\n%d\n%%%%EOF", body, len(body))
	is, err := ReplaceImage([]byte(file), Picture{JPEG: []byte("JPEG"), Width: 20, Height: 10})
	if err != nil {
		t.Fatal(err)
	}
	if update := string(is[len(file):]); !strings.Contains(update, "6 0 obj\n<</Type/XRef/Size 7/Index[4 1 6 1]/W[1 4 2]/Prev "+fmt.Sprint(len(body))) {
		t.Errorf("%s", update)
	}
}

func TestDocumentsThatStay(t *testing.T) {
	for name, c := range map[string]struct {
		document []byte
		want     error
	}{
		"encrypted": {document("/Encrypt 9 0 R"), ErrEncrypted},
		"no image":  {[]byte("%PDF-1.4\nxref\n0 0\ntrailer\n<</Size 1/Root 1 0 R>>\nstartxref\n9\n%%EOF"), ErrNoImage},
		"no end":    {document("")[:200], ErrInvalid},
		"no root":   {[]byte("%PDF-1.4\nxref\n0 0\ntrailer\n<<>>\nstartxref\n9\n%%EOF"), ErrInvalid},
		"empty":     {nil, ErrInvalid},
	} {
		if _, err := ReplaceImage(c.document, Picture{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzReplaceImage(f *testing.F) {
	f.Add(document(""))
	f.Add(document("/Encrypt 9 0 R"))
	f.Fuzz(func(t *testing.T, document []byte) {
		is, err := ReplaceImage(document, Picture{JPEG: []byte("JPEG"), Width: 1, Height: 1})
		if err == nil && !bytes.HasPrefix(is, document) {
			t.Error("the document itself was changed")
		}
	})
}
