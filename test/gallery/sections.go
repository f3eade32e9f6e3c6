package main

// section is a part of the page: each transformation on each photo.
type section struct {
	title           string
	before          string
	photos          []string
	transformations []string
}

const (
	small = "c_limit,h_360,w_360/"
	// cutout has a shape on transparent ground.
	cutout = "c_thumb,g_face,h_240,w_200,z_0.7/r_max/"
)

var both, wide = []string{portrait, table}, []string{table, landscape}

var sections = []section{
	{"As they are", small, []string{portrait, table, landscape}, []string{"f_png"}},
	{"Colour and tone", small, both, []string{
		"e_grayscale", "e_sepia", "e_blackwhite", "e_negate", "e_brightness:30", "e_brightness_hsb:30", "e_contrast:40",
		"e_contrast:level_150;type_linear", "e_saturation:70", "e_vibrance:70", "e_hue:40", "e_gamma:50", "e_red:50", "e_green:-30",
		"e_blue:60", "co_darkviolet,e_colorize:35", "e_tint", "e_tint:100:1e3a8a:fde68a", "e_tint:equalize:80:blue:blueviolet:white",
		"e_recolor:0.3:0.7:0.1:0.3:0.6:0.1:0.2:0.5:0.1", "e_replace_color:royalblue:60", "e_replace_color:royalblue:45:d9622b",
		"e_auto_brightness", "e_auto_color", "e_auto_contrast", "e_fill_light", "e_fill_light:100:60", "e_improve", "e_improve:indoor",
		"l_lut:warm.cube/fl_layer_apply", "c_scale,w_200/fn_wasm:invert.wasm",
	}},
	{"Looks", small, both, []string{
		"e_art:al_dente", "e_art:athena", "e_art:audrey", "e_art:aurora", "e_art:daguerre", "e_art:eucalyptus", "e_art:fes",
		"e_art:frost", "e_art:hairspray", "e_art:hokusai", "e_art:incognito", "e_art:linen", "e_art:peacock", "e_art:primavera",
		"e_art:quartz", "e_art:red_rock", "e_art:refresh", "e_art:sizzle", "e_art:sonnet", "e_art:ukulele", "e_art:zorro",
	}},
	{"Blur, sharpen, paint", small, both, []string{
		"e_blur:300", "e_blur_region:800,y_0.5", "e_blur_faces", "e_pixelate", "e_pixelate_region:12,h_120,w_120,x_60,y_40",
		"e_pixelate_faces", "e_sharpen:200", "e_unsharp_mask:200", "e_oil_paint", "e_oil_paint:70", "e_cartoonify", "e_cartoonify:80:70",
		"e_cartoonify:60:bw", "e_vignette:50", "e_noise:30", "e_vectorize", "e_vectorize:5:0.3", "e_vectorize,f_svg", "e_redeye",
		"e_morphology", "e_morphology:method_dilate;radius_3", "e_morphology:method_convolve;kernel_ring;radius_6", "e_ordered_dither:2",
		"e_ordered_dither:5", "e_ordered_dither:8", "e_ordered_dither:11", "e_ordered_dither:15", "c_scale,w_120/e_upscale",
	}},
	{"Shape", small, both, []string{
		"e_distort:40:25:280:10:320:220:5:200", "e_distort:arc:120", "e_distort:arc:-60", "e_distort:arc:300", "e_shear:20:0", "e_shear:0:-15",
		"e_gradient_fade", "e_gradient_fade:symmetric,x_0.3", "e_gradient_fade:symmetric_pad:20,x_0.3", "e_gradient_fade:60,y_-0.7",
		"e_shadow", "co_navy,e_shadow:80,x_12,y_12", "e_outline:12", "a_20", "r_40,bo_6px_solid_white", "o_40", "e_make_transparent:30", "e_bgremoval",
	}},
	{"Shape of a cutout", cutout, []string{portrait}, []string{
		"e_outline", "co_orange,e_outline:outer:15:200", "co_red,e_outline:inner:8", "co_teal,e_outline:fill:10", "co_teal,e_outline:inner_fill",
		"e_blur:300/e_opacity_threshold:70", "co_crimson,e_colorize:100", "fl_cutter,l_badge",
		"e_shadow:60", "e_dropshadow", "e_dropshadow:azimuth_140;elevation_30;spread_90", "e_distort:arc:90", "b_lightblue", "e_trim",
	}},
	{"Accessibility", small, both, []string{
		"e_simulate_colorblind", "e_simulate_colorblind:protanopia", "e_simulate_colorblind:tritanopia", "e_simulate_colorblind:deuteranomaly",
		"e_simulate_colorblind:rod_monochromacy", "e_assist_colorblind:30", "e_assist_colorblind:xray",
	}},
	{"Crop", "", []string{portrait, landscape}, []string{
		"c_thumb,g_face,h_200,w_200", "c_fill,g_auto,h_260,w_160", "c_fill,g_auto,h_120,w_320", "c_auto,g_auto,h_240,w_180",
		"c_thumb,g_auto:60,h_200,w_200", "c_fill_pad,g_auto,h_120,w_360", "c_auto_pad,g_auto,h_360,w_120", "c_scale,g_liquid,h_240,w_240", "c_scale,h_240,w_240",
		"c_crop,g_face", "c_crop,g_xy_center,h_200,w_200,x_230,y_180", "c_lfill,g_south_east,h_200,w_300", "c_mpad,b_khaki,h_560,w_560/c_scale,w_280",
		"ar_1.0,b_tan,c_lpad,w_1.1/c_limit,w_300",
	}},
	{"Composition", "", []string{collage}, []string{"c_limit,w_300", "c_crop,g_cld-decompose_tile"}},
	{"Rotation and shape", small, both, []string{
		"a_30", "a_-90", "a_hflip", "a_vflip.20", "r_max", "r_20:80", "r_0:40:80:120", "bo_12px_solid_rgb:00390b60", "bo_8px_solid_navy/r_60",
		"co_lightblue,e_colorize:30/a_10,b_wheat",
	}},
	{"Background", "", wide, []string{
		"b_auto,c_pad,h_300,w_300", "b_auto:predominant,c_pad,h_300,w_300", "b_auto:border_contrast,c_pad,h_300,w_300",
		"b_auto:predominant_gradient:2:diagonal_desc,c_pad,h_300,w_300", "b_auto:border_gradient:4,c_pad,h_300,w_300",
		"b_auto:predominant_gradient_contrast:2:vertical,c_pad,h_300,w_300",
		"b_auto:predominant_gradient:4:palette_red_green_blue_orange,c_pad,h_300,w_300", "b_blurred:400:15,c_pad,h_300,w_300",
		"b_white,c_pad,h_300,w_300/e_theme:color_black", "b_white,c_pad,h_300,w_300/e_theme:color_midnightblue:photosensitivity_30",
	}},
	{"Layers", small, both, []string{
		"l_badge/fl_layer_apply,g_north_east,x_10,y_10", "l_badge/e_multiply,fl_layer_apply", "l_badge/e_screen,fl_layer_apply", "l_badge/e_overlay,fl_layer_apply",
		"l_badge/c_scale,fl_relative,w_1.0,h_1.0/e_mask,fl_layer_apply", "l_badge/e_cut_out,fl_layer_apply", "l_badge/fl_cutter,fl_layer_apply",
		"l_waves/c_scale,fl_relative,w_1.0,h_1.0/e_displace,fl_layer_apply,x_30,y_20", "l_badge/e_anti_removal:90,fl_layer_apply", "l_badge/c_scale,w_60/o_40/fl_layer_apply,fl_tiled",
		"l_badge/e_shadow:50/fl_layer_apply,g_east,x_-60", "c_scale,w_200/r_max/u_dragonfly_by_bolly/c_fill,h_300,w_300/fl_layer_apply",
		"l_badge/c_scale,fl_region_relative,w_1.4/fl_layer_apply,g_faces", "$m_current/e_blur:900/l_$m/c_scale,w_0.5/bo_4px_solid_white/fl_layer_apply",
		"l_badge/c_scale,fl_relative,w_1.0,h_1.0/fl_layer_apply/$m_current/e_embed_clipping_path:mask_$m/f_jpg",
	}},
	{"Text", small, both, []string{
		"l_text:Roboto_40_bold:Darkroom,co_white/fl_layer_apply,g_south,y_20", "l_text:Arial_60_bold_stroke:Outline,co_gold,bo_3px_solid_black/fl_layer_apply",
		"l_text:Times_34_italic_underline_letter_spacing_6:Spaced,co_white/fl_layer_apply,g_north,y_20", "l_text:Arial_30:Box%20behind,b_rgb:000000a0,co_white/fl_layer_apply,g_west",
		"l_text:Arial_28_center:A%20longer%20text%20that%20is%20wrapped%20at%20a%20width,c_fit,w_220,co_white/fl_layer_apply",
		"l_text:Arial_28_justify:A%20longer%20text%20that%20is%20wrapped%20and%20cut%20off%20at%20a%20height%20of%20two%20lines,c_fit,w_220,h_70,co_white/fl_layer_apply",
		"l_text:Arial_44_bold:Around%20an%20arc,co_white/e_distort:arc:120/fl_layer_apply,g_north,y_10", "l_text:Arial_36:%D7%A9%D7%9C%D7%95%D7%9D%20%D9%85%D8%B1%D8%AD%D8%A8%D8%A7%20%E4%BD%A0%E5%A5%BD%20%F0%9F%98%8D,co_white/fl_layer_apply",
		"l_text:Arial_70_bold:Cut/fl_cutter,fl_layer_apply", "l_text:Arial_34_strikethrough_line_spacing_-8:Two%0Alines,co_white/a_-15/e_shadow:20/fl_layer_apply",
	}},
	{"Animations", "", []string{moving}, []string{
		"f_gif", "e_loop:2,f_gif", "e_boomerang/f_gif", "e_reverse/f_gif", "e_accelerate:100/f_gif", "e_fade:700/e_fade:-700/f_gif", "dl_300/f_gif", "vs_4/f_gif", "fl_awebp,f_webp,e_sepia",
		"l_badge/c_scale,w_80/fl_layer_apply,g_south_east/f_gif",
	}},
	{"Pictures made into films", small, both, []string{
		"c_fill,h_160,w_240/e_zoompan:du_2;fps_10/f_gif", "c_fill,h_160,w_240/e_zoompan:mode_plr;maxzoom_2;du_2;fps_10/f_gif",
		"c_fill,h_160,w_240/e_zoompan:du_2;fps_10;from_(g_north_west;zoom_3);to_(g_south_east;zoom_1.2)/f_webp",
	}},
}
