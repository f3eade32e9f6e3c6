package transform

import "strings"

const gravityAuto = "auto"

// GravityTile is the gravity of the largest picture of those that a picture is composed of.
const GravityTile = "cld-decompose_tile"

// readGravity reads g_.
func readGravity(d *draft, value string) error {
	gravity, err := parseGravity(value)
	if err == nil {
		d.component.Position.Gravity = gravity
	}
	return err
}

func parseGravity(value string) (*Gravity, error) {
	for _, name := range []string{"region", "clipping_path"} {
		if rest, ok := strings.CutPrefix(value, name+"_"); ok {
			inner, ok := quotedString(rest)
			if !ok || inner == "" {
				return nil, errValue
			}
			return &Gravity{Name: name, Args: []string{inner}}, nil
		}
	}
	name, rest, hasArgs := strings.Cut(value, ":")
	var args []string
	if hasArgs {
		args = strings.Split(rest, ":")
	}
	if addon := gravityAddon(name); addon != "" {
		return nil, unavailable("g_"+value, addon)
	}
	for _, arg := range args {
		if addon := gravityAddon(arg); addon != "" && name != gravityAuto {
			return nil, unavailable("g_"+value, addon)
		}
	}
	valid := false
	switch name {
	case "center", "north", "south", "east", "west", "north_east", "north_west", "south_east", "south_west",
		"xy_center", "liquid", GravityTile:
		valid = len(args) == 0
	case "custom":
		valid = len(args) == 0 || len(args) == 1 && isWord(args[0], "face faces")
	case "face", "faces":
		valid = len(args) == 0 || len(args) == 1 && isWord(args[0], "center auto")
	case gravityAuto:
		valid = areFoci(args)
	}
	if !valid {
		return nil, errValue
	}
	return &Gravity{Name: name, Args: args}, nil
}

// areFoci tells whether the arguments of g_auto have the form of algorithms, focal subjects and numbers. Which
// subjects can be found is the engine's matter: g_auto never fails for a subject that it does not know.
func areFoci(args []string) bool {
	for _, arg := range args {
		if arg == "" || len(arg) > 64 {
			return false
		}
		for i := 0; i < len(arg); i++ {
			if c := arg[i]; !('a' <= c && c <= 'z') && !isDigit(c) && c != '_' && c != '-' && c != '.' {
				return false
			}
		}
	}
	return len(args) <= 16
}

// String is the canonical spelling, as it follows g_, not yet percent-encoded.
func (g *Gravity) String() string {
	if (g.Name == "region" || g.Name == "clipping_path") && len(g.Args) == 1 {
		return g.Name + "_!" + g.Args[0] + "!"
	}
	return strings.Join(append([]string{g.Name}, g.Args...), ":")
}

// gravityAddon names the add-on that a gravity needs; empty when it needs none.
func gravityAddon(name string) string {
	switch name {
	case "adv_face", "adv_faces", "adv_eyes":
		return "advanced facial attributes detection"
	case "ocr_text":
		return "text recognition (OCR)"
	}
	if name == "track_person" || strings.HasPrefix(name, "track_") {
		return "video tracking"
	}
	if isWord(name, detectableObjects) {
		return "object detection"
	}
	return ""
}

// detectableObjects are the subjects that object-aware cropping is usually asked for.
const detectableObjects = `body person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant
	stop_sign parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag
	tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard
	tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog
	pizza donut cake chair couch potted_plant bed dining_table toilet tv laptop mouse remote keyboard cell_phone
	microwave oven toaster sink refrigerator book clock vase scissors teddy_bear hair_drier toothbrush
	animal vehicle food furniture accessory electronic appliance kitchen sports indoor outdoor
	aeroplane diningtable motorbike pottedplant sofa tvmonitor microwave_oven mobile_phone`
