package transform

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FuzzParsePath checks that every path is understood or refused with a problem, and that what was understood says so again.
func FuzzParsePath(f *testing.F) {
	data, err := os.ReadFile("testdata/worked-examples.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if _, path, ok := strings.Cut(strings.TrimSpace(line), " /"); ok && !strings.HasPrefix(line, "address") {
			f.Add("/" + path)
		}
	}
	for _, path := range []string{"/images/a/b.jpg", "/files/a.pdf/b", "/iu/w_1/a/b.c", "/image/fetch/https:/a/b", "/image/fetch/http%3A%2F%2Fa%2F%3F", "//v1//v2", "/image/upload/s--12345678--/my_path/%25.x"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		address, err := ParsePath(path)
		if err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) || p.Message == "" {
				t.Fatalf("error %#v is no problem", err)
			}
			return
		}
		if address.PublicID == "" || address.Source == "" {
			t.Fatalf("%q addresses nothing: %+v", path, *address)
		}
		address.FullID()
		address.WithFolders()
		parts := []string{"", address.AssetType, address.Type, address.Transformation, "v1", address.Source}
		again, err := ParsePath(strings.Join(parts, "/"))
		if err != nil {
			if len(path) > maxPath-100 {
				return
			}
			t.Fatalf("%q: canonical path: %v", path, err)
		}
		// In front of a suffix the end of an ID may look like an extension, which it is not there.
		beforeSuffix := address.AlternateID != "" && address.Ext == "" && again.FullID() == address.PublicID
		sameID := again.PublicID == address.PublicID && again.Ext == address.Ext || beforeSuffix
		if !sameID || again.Transformation != address.Transformation {
			t.Errorf("%q\n got %+v\nwant %+v", path, *again, *address)
		}
	})
}

// FuzzParse checks that every transformation is understood or refused with a problem, and that the canonical form
// means the same.
func FuzzParse(f *testing.F) {
	for _, file := range caseFiles(f) {
		for _, c := range readCases(f, file) {
			f.Add(c.input)
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		plan, err := Parse(raw, storedForTests)
		if err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) || p.Status != 400 || p.Message == "" || !printable(p.Message) {
				t.Fatalf("error %#v is no problem of the request", err)
			}
			return
		}
		if len(spellChain(plan.Components)) > maxComponents {
			return // canonical blocks may need more components than shorthands
		}
		checkPlan(t, plan)
		plan.IsIdentity()
		env := NewVariables(landscape)
		plan.VisitLayers(func(layer *Layer) {
			if _, err := layer.ExpandText(env); err != nil {
				wantPublic(t, err)
			}
		})
		for _, component := range plan.Components {
			for _, assignment := range component.Set {
				if err := env.Assign(assignment); err != nil {
					wantPublic(t, err)
				}
			}
			if component.If != nil {
				if _, err := component.If.Holds(env); err != nil {
					wantPublic(t, err)
				}
			}
			if component.Effect != nil {
				component.Effect.Arguments()
				if _, err := component.Effect.Resolve(env); err != nil {
					wantPublic(t, err)
				}
			}
		}
	})
}

func wantPublic(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*problem.Problem](err); !ok {
		t.Fatalf("error %#v is no problem", err)
	}
}

// FuzzExpression checks that every expression is computed or refused, and that its canonical form is the same expression.
func FuzzExpression(f *testing.F) {
	for _, expression := range []string{"1", "0.5", "-3.25", "iw", "$n", "iw_div_2_add_10", "2_add_3_mul_4_pow_2_mod_7", "ctx:!price!_mul_2", "w_div_fc", "div_2", "1e9", "page_names", "$s_add_!a_b!"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, ok := parseNumber(text, "w")
		if !ok {
			return
		}
		again, ok := parseNumber(number.String(), "")
		if !ok || again.String() != number.String() {
			t.Fatalf("%q: canonical %q comes back as %v", text, number.String(), again)
		}
		value, isFraction, err := number.Eval(landscape)
		value2, isFraction2, err2 := again.Eval(landscape)
		if value != value2 || isFraction != isFraction2 || (err == nil) != (err2 == nil) {
			t.Fatalf("%q is %v, %q is %v", text, value, number.String(), value2)
		}
		if err != nil {
			wantPublic(t, err)
		}
	})
}

// FuzzCondition checks that every condition is computed or refused, and that its canonical form is the same condition.
func FuzzCondition(f *testing.F) {
	for _, condition := range []string{
		"w_gt_300", "ar_gt_3:4_and_w_gt_300_or_h_lt_2", "!sale:in_stock!_in_tags", "ctx:!a_b!_eq_!!", "md:!id!_nin_!a:b!", "isdef_$x", "isndef_$x_and_fc_gte_1",
		"iw_mul_2_add_1_lte_$w_pow_2", "$s_ne_!and!", "page_names_eq_!x!", "cp_mod_2_eq_0",
	} {
		f.Add(condition)
	}
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := parseCondition(text)
		if err != nil {
			wantPublic(t, err)
			return
		}
		again, err := parseCondition(condition.String())
		if err != nil || again.String() != condition.String() {
			t.Fatalf("%q: canonical %q comes back as %v, %v", text, condition.String(), again, err)
		}
		env := NewVariables(landscape)
		holds, err := condition.Holds(env)
		holds2, err2 := again.Holds(env)
		if holds != holds2 || (err == nil) != (err2 == nil) {
			t.Fatalf("%q is %v, %q is %v", text, holds, condition.String(), holds2)
		}
		if err != nil {
			wantPublic(t, err)
		}
	})
}
