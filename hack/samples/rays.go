package main

import "math"

type vector struct{ x, y, z float64 }

func (v vector) plus(o vector) vector   { return vector{v.x + o.x, v.y + o.y, v.z + o.z} }
func (v vector) minus(o vector) vector  { return vector{v.x - o.x, v.y - o.y, v.z - o.z} }
func (v vector) by(f float64) vector    { return vector{v.x * f, v.y * f, v.z * f} }
func (v vector) dot(o vector) float64   { return v.x*o.x + v.y*o.y + v.z*o.z }
func (v vector) unit() vector           { return v.by(1 / math.Sqrt(v.dot(v))) }
func (v vector) mirror(n vector) vector { return v.minus(n.by(2 * v.dot(n))) }

// ball lies on the floor.
type ball struct {
	centre vector
	radius float64
	colour shade
	// gloss is how much of its surroundings it shows.
	gloss float64
}

var balls = []ball{
	{vector{-1.05, 0.75, 0.3}, 0.75, shade{0.85, 0.16, 0.13, 1}, 0.18},
	{vector{0.5, 0.55, -0.55}, 0.55, shade{0.13, 0.45, 0.75, 1}, 0.22},
	{vector{1.35, 1, 1.15}, 1, shade{0.95, 0.76, 0.2, 1}, 0.14},
}

// hit is the nearest ball that a ray meets; the distance is infinite where there is none.
func hit(from, ray vector) (distance float64, met *ball) {
	distance = math.Inf(1)
	for i := range balls {
		offset := from.minus(balls[i].centre)
		b := offset.dot(ray)
		root := b*b - offset.dot(offset) + balls[i].radius*balls[i].radius
		if root < 0 {
			continue
		}
		if t := -b - math.Sqrt(root); t > 1e-4 && t < distance {
			distance, met = t, &balls[i]
		}
	}
	return distance, met
}

// trace is the colour that comes back along a ray, after some mirrorings.
func trace(from, ray vector, mirrorings int) shade {
	lamp := vector{-0.55, 0.75, -0.45}.unit()
	distance, met := hit(from, ray)
	floor := math.Inf(1)
	if ray.y < 0 {
		floor = -from.y / ray.y
	}
	if met == nil && math.IsInf(floor, 1) {
		return mix(shade{0.93, 0.93, 0.9, 1}, shade{0.52, 0.63, 0.72, 1}, 1.6*ray.y)
	}
	if floor < distance {
		place := from.plus(ray.by(floor))
		colour := grey(0.82)
		if int(math.Floor(place.x)+math.Floor(place.z))&1 == 0 {
			colour = shade{0.3, 0.33, 0.38, 1}
		}
		if _, shadow := hit(place, lamp); shadow != nil {
			colour = colour.times(0.45)
		}
		return mix(colour, shade{0.93, 0.93, 0.9, 1}, smooth(4, 18, floor))
	}
	place := from.plus(ray.by(distance))
	normal := place.minus(met.centre).unit()
	light := 0.25 + 0.75*math.Max(0, normal.dot(lamp))
	if _, shadow := hit(place, lamp); shadow != nil {
		light = 0.25
	}
	colour := met.colour.times(light)
	if mirrorings > 0 {
		colour = mix(colour, trace(place, ray.mirror(normal), mirrorings-1), met.gloss)
	}
	glint := math.Pow(math.Max(0, ray.mirror(normal).dot(lamp)), 60)
	return mix(colour, grey(1), 0.9*glint)
}
