package vips

// EXIF orientations: how the stored picture must be turned to be upright.
//
//	1 as it is      2 mirrored        3 turned by 180   4 flipped
//	5 transposed    6 turned by 90    7 transversed     8 turned by 270

// swapsSides says that the upright picture is as wide as the stored one is high.
func swapsSides(orientation int) bool { return orientation >= 5 }

// toStored finds a rectangle of the upright picture in the stored one of the given size.
func toStored(r rect, orientation int, stored size) rect {
	right, bottom := stored.w-r.x-r.w, stored.h-r.y-r.h // when the sides are not swapped
	switch orientation {
	case 2:
		return rect{right, r.y, r.w, r.h}
	case 3:
		return rect{right, bottom, r.w, r.h}
	case 4:
		return rect{r.x, bottom, r.w, r.h}
	case 5:
		return rect{r.y, r.x, r.h, r.w}
	case 6:
		return rect{r.y, stored.h - r.x - r.w, r.h, r.w}
	case 7:
		return rect{stored.w - r.y - r.h, stored.h - r.x - r.w, r.h, r.w}
	case 8:
		return rect{stored.w - r.y - r.h, r.x, r.h, r.w}
	}
	return r
}
