package jsonlogic

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func evaluate(t *testing.T, rule, data string) any {
	t.Helper()
	parsed, err := Parse([]byte(rule))
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	var value any
	if err := json.Unmarshal([]byte(data), &value); err != nil {
		t.Fatal(err)
	}
	result, err := parsed.Evaluate(value)
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	return result
}

func TestEvaluate(t *testing.T) {
	const upload = `{"resource_type":"image","bytes":2048,"tags":["new","summer"],"public_id":"shop/shoe","context":{"custom":{"alt":""}},"eager":[{"width":10},{"width":300}],"n":0}`
	for rule, want := range map[string]string{
		`{"==":[{"var":"resource_type"},"image"]}`:               `true`,
		`{"==":[{"var":"resource_type"},"video"]}`:               `false`,
		`{"!=":[{"var":"resource_type"},"video"]}`:               `true`,
		`{"===":[{"var":"bytes"},"2048"]}`:                       `false`,
		`{"!==":[{"var":"bytes"},"2048"]}`:                       `true`,
		`{"==":[{"var":"bytes"},"2048"]}`:                        `true`,
		`{"==":[0,""]}`:                                          `true`,
		`{"==":[null,0]}`:                                        `false`,
		`{"==":[{"var":"nothing"},null]}`:                        `true`,
		`{"==":[true,1]}`:                                        `true`,
		`{"==":[[1,2],"1,2"]}`:                                   `true`,
		`{"==":[[1],[1]]}`:                                       `false`,
		`{"and":[{"var":"nothing"},true]}`:                       `null`,
		`{"and":[3,1]}`:                                          `1`,
		`{"and":[0,1]}`:                                          `0`,
		`{"and":[]}`:                                             `null`,
		`{"or":[{"var":"nothing"},false,"x",1]}`:                 `"x"`,
		`{"or":[0,false]}`:                                       `false`,
		`{"!":{"var":"eager"}}`:                                  `false`,
		`{"!":[[]]}`:                                             `true`,
		`{"!!":"0"}`:                                             `true`,
		`{">":[{"var":"bytes"},1024]}`:                           `true`,
		`{">=":[{"var":"bytes"},2048]}`:                          `true`,
		`{"<":[{"var":"nothing"},5]}`:                            `true`,
		`{"<":["text",5]}`:                                       `false`,
		`{"<":["a","b"]}`:                                        `true`,
		`{"<":["10","9"]}`:                                       `true`,
		`{"<":[1000,{"var":"bytes"},3000]}`:                      `true`,
		`{"<=":[1,1,0]}`:                                         `false`,
		`{"in":["summer",{"var":"tags"}]}`:                       `true`,
		`{"in":["winter",{"var":"tags"}]}`:                       `false`,
		`{"in":["shop/",{"var":"public_id"}]}`:                   `true`,
		`{"in":["a",{"var":"bytes"}]}`:                           `false`,
		`{"in":[2,"123"]}`:                                       `true`,
		`{"var":"eager.1.width"}`:                                `300`,
		`{"var":"tags.length"}`:                                  `2`,
		`{"var":["nothing.at.all","default"]}`:                   `"default"`,
		`{"var":"context.custom.alt"}`:                           `""`,
		`{"some":[{"var":"eager"},{">":[{"var":"width"},200]}]}`: `true`,
		`{"all":[{"var":"eager"},{">":[{"var":"width"},200]}]}`:  `false`,
		`{"all":[[],true]}`:                                      `false`,
		`{"none":[{"var":"nothing"},true]}`:                      `true`,
		`{"some":[{"var":"bytes"},true]}`:                        `false`,
		`{"map":[{"var":"eager"},{"*":[{"var":"width"},2]}]}`:    `[20,600]`,
		`{"filter":[[1,2,3],{">":[{"var":""},1]}]}`:              `[2,3]`,
		`{"reduce":[[1,2,3],{"+":[{"var":"current"},{"var":"accumulator"}]},10]}`: `16`,
		`{"missing":["public_id","nothing","context.custom.alt"]}`:                `["nothing","context.custom.alt"]`,
		`{"missing":[["public_id","nothing"]]}`:                                   `["nothing"]`,
		`{"missing_some":[1,["public_id","nothing"]]}`:                            `[]`,
		`{"missing_some":[2,["public_id","nothing"]]}`:                            `["nothing"]`,
		`{"if":[{"var":"n"},"a",{"var":"bytes"},"b","c"]}`:                        `"b"`,
		`{"if":[false,"a","c"]}`:                                                  `"c"`,
		`{"if":[false,"a"]}`:                                                      `null`,
		`{"?:":[true,1,2]}`:                                                       `1`,
		`{"+":["1.5kg",2,null]}`:                                                  `NaN`,
		`{"+":["1.5kg",2]}`:                                                       `3.5`,
		`{"+":"-7"}`:                                                              `-7`,
		`{"-":[5,"2"]}`:                                                           `3`,
		`{"-":2}`:                                                                 `-2`,
		`{"*":[2,3,4]}`:                                                           `24`,
		`{"/":[9,2]}`:                                                             `4.5`,
		`{"%":[-7,3]}`:                                                            `-1`,
		`{"max":[1,"7",3]}`:                                                       `7`,
		`{"min":[1,"7",-3]}`:                                                      `-3`,
		`{"cat":["a",1,null,true,[1,[2]]]}`:                                       `"a1true1,2"`,
		`{"cat":[1e21]}`:                                                          `"1e+21"`,
		`{"substr":["jsonlogic",4]}`:                                              `"logic"`,
		`{"substr":["jsonlogic",-5]}`:                                             `"logic"`,
		`{"substr":["jsonlogic",1,3]}`:                                            `"son"`,
		`{"substr":["jsonlogic",4,-2]}`:                                           `"log"`,
		`{"substr":["äö",5]}`:                                                     `""`,
		`{"merge":[1,[2,[3]]]}`:                                                   `[1,2,[3]]`,
		`{"log":"x"}`:                                                             `"x"`,
		`{}`:                                                                      `{}`,
		`{"a":1,"b":{"var":"n"}}`:                                                 `{"a":1,"b":{"var":"n"}}`,
		`{"!!":""}`:                                                               `false`,
		`{"!!":[[]]}`:                                                             `false`,
		`{"!=":["a","a"]}`:                                                        `false`,
		`{"===":[{"var":"bytes"},2048]}`:                                          `true`,
		`{"===":[[1],[1]]}`:                                                       `false`,
		`{"!==":[1,1]}`:                                                           `false`,
		`{"==":[0,null]}`:                                                         `false`,
		`{"==":[false,0]}`:                                                        `true`,
		`{"==":[true,0]}`:                                                         `false`,
		`{"==":[1,2]}`:                                                            `false`,
		`{"==":["1,2",[1,2]]}`:                                                    `true`,
		`{"==":["2048",{"var":"bytes"}]}`:                                         `true`,
		`{"<":[2,1]}`:                                                             `false`,
		`{"<":[1,1]}`:                                                             `false`,
		`{"<=":[1,1]}`:                                                            `true`,
		`{"<=":[2,1]}`:                                                            `false`,
		`{"<=":["text",5]}`:                                                       `false`,
		`{">=":[1,2]}`:                                                            `false`,
		`{"<":[[10],[9]]}`:                                                        `true`,
		`{">":[5,"1"]}`:                                                           `true`,
		`{"<":["5",10]}`:                                                          `true`,
		`{">":["inf",1]}`:                                                         `false`,
		`{">":["1e999",1]}`:                                                       `true`,
		`{"in":["x","abc"]}`:                                                      `false`,
		`{"all":[[1,2],true]}`:                                                    `true`,
		`{"none":[[1],true]}`:                                                     `false`,
		`{"map":[]}`:                                                              `[]`,
		`{"map":[[1,2]]}`:                                                         `[null,null]`,
		`{"map":[[1,2],{"var":[]}]}`:                                              `[1,2]`,
		`{"reduce":[[1,2],{"var":"current"}]}`:                                    `2`,
		`{"var":"tags.2"}`:                                                        `null`,
		`{"var":"tags.-1"}`:                                                       `null`,
		`{"var":"tags.x"}`:                                                        `null`,
		`{"var":"public_id.length"}`:                                              `9`,
		`{"var":"public_id.size"}`:                                                `null`,
		`{"+":["0",2]}`:                                                           `2`,
		`{"substr":["abc","x"]}`:                                                  `"abc"`,
		`{"substr":["abc",0]}`:                                                    `"abc"`,
		`{"substr":["abc",1,0]}`:                                                  `""`,
		`{"cat":[0," ",0.000001," ",123456789012345680000]}`:     `"0 0.000001 123456789012345680000"`,
		`{"cat":[0.00000012]}`:                                   `"1.2e-7"`,
		`{"cat":[-1e-10]}`:                                       `"-1e-10"`,
		`{"cat":[{"/":[1,0]}," ",{"/":[-1,0]}," ",{"/":[0,0]}]}`: `"Infinity -Infinity NaN"`,
		`true`:            `true`,
		`[{"var":"n"},2]`: `[0,2]`,
		`{"and":[{"==":[{"var":"resource_type"},"image"]},{"!":{"var":"moderation"}}]}`: `true`,
	} {
		result := evaluate(t, rule, upload)
		got := "NaN"
		if encoded, err := json.Marshal(result); err == nil {
			got = string(encoded)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", rule, got, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for rule, want := range map[string]bool{`{}`: true, `{"var":"list"}`: false, `{"var":"text"}`: true, `{"/":[0,0]}`: false} {
		parsed, err := Parse([]byte(rule))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsed.Accepts(map[string]any{"list": []any{}, "text": "0"})
		if err != nil || got != want {
			t.Errorf("%s: %t, %v", rule, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for rule, message := range map[string]string{
		`{`:                        "not JSON",
		`{"eval":["x"]}`:           `there is no operation "eval"`,
		`{"and":[true,{"~":[1]}]}`: `"~"`,
		nested(maxDepth + 1):       "deeper than 64",
	} {
		if _, err := Parse([]byte(rule)); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%.40s: %v", rule, err)
		}
	}
}

// nested is a rule of operations in each other.
func nested(depth int) string {
	return strings.Repeat(`{"!":`, depth) + "1" + strings.Repeat("}", depth)
}

func TestRulesUpToTheirBounds(t *testing.T) {
	if got := evaluate(t, nested(maxDepth), `{}`); got != true {
		t.Errorf("nested as deeply as may be: %v", got)
	}
	list := func(items int) string { return "[" + strings.Repeat("1,", items-1) + "1]" }
	evaluate(t, list(maxSteps-1), `{}`) // The list itself is a step.
	parsed, err := Parse([]byte(list(maxSteps)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsed.Evaluate(nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("one step too many: %v", err)
	}
}

func TestARuleCannotRunForEver(t *testing.T) {
	rule := `{"var":"n"}`
	for range 16 {
		rule = `{"map":[[1,2,3,4,5,6,7,8,9,10],` + rule + `]}`
	}
	parsed, err := Parse([]byte(rule))
	if err != nil {
		t.Fatal(err)
	}
	if accepted, err := parsed.Accepts(map[string]any{}); accepted || !errors.Is(err, ErrTooLong) {
		t.Errorf("%t, %v", accepted, err)
	}
}
