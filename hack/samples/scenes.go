package main

import "math"

// landscape is hills at dusk, one row behind the other.
func landscape(x, y float64) shade {
	sky := mix(shade{0.16, 0.23, 0.45, 1}, shade{0.99, 0.72, 0.45, 1}, y/0.62)
	sun := math.Hypot(x-1.02, y-0.4)
	sky = mix(sky, shade{1, 0.9, 0.7, 1}, 0.55*math.Exp(-6*sun))
	sky = mix(sky, shade{1, 0.96, 0.86, 1}, smooth(0.085, 0.08, sun))
	sky = mix(sky, shade{1, 0.8, 0.7, 1}, 0.5*smooth(0.5, 0.75, rough(3*x, 9*y))*smooth(0.5, 0.1, y))
	const rows = 6
	for row := range rows { // the nearest first: it hides the others
		depth := float64(row) / (rows - 1)
		ridge := 0.9 - 0.36*depth + (0.24-0.1*depth)*(0.5-rough(x*(1.3+1.4*depth)+9*float64(row), float64(row)))
		if y > ridge {
			near, far := shade{0.05, 0.12, 0.1, 1}, shade{0.62, 0.52, 0.56, 1}
			return mix(near, far, depth*depth*0.6+0.4*depth).times(0.85 + 0.5*(rough(24*x, 24*y+float64(row))-0.4))
		}
	}
	return sky
}

// nightSky is stars and a band of haze over a dark ridge with firs.
func nightSky(x, y float64) shade {
	haze := rough(4*x+2*y, 3*y-2*x)
	off := x - 0.55 + 0.45*(y-0.4)
	band := math.Exp(-18 * off * off)
	sky := mix(shade{0.02, 0.03, 0.09, 1}, shade{0.1, 0.2, 0.33, 1}, y)
	sky = mix(sky, shade{0.55, 0.5, 0.72, 1}, 0.7*band*smooth(0.25, 0.8, haze))
	const grid = 70
	cellX, cellY := math.Floor(x*grid), math.Floor(y*grid)
	if chance := lattice(cellX, cellY+500); chance > 0.8-0.25*band {
		starX := (cellX + 0.2 + 0.6*lattice(cellX+900, cellY)) / grid
		starY := (cellY + 0.2 + 0.6*lattice(cellX, cellY+900)) / grid
		size := 0.0006 + 0.0022*math.Pow(lattice(cellX+300, cellY+300), 6)
		sky = mix(sky, shade{1, 0.97, 0.9, 1}, smooth(2*size, 0.6*size, math.Hypot(x-starX, y-starY)))
	}
	ridge := 0.9 - 0.08*rough(5*x, 3)
	column := math.Floor(x * 46)
	tall := 0.02 + 0.07*lattice(column, 77)
	aside := math.Abs(x*46-column-0.5) * 2
	ridge -= tall * math.Max(0, 1-aside*(1.05+0.12*math.Sin(220*y)))
	if y > ridge {
		return shade{0.01, 0.02, 0.03, 1}
	}
	return sky
}

// stillLife is three balls on a chequered floor, by tracing rays.
func stillLife(x, y float64) shade {
	eye := vector{0, 1.35, -4.6}
	ray := vector{x - 1.2/0.9/2, 0.42 - y, 1.15}.unit()
	return trace(eye, ray, 3)
}

// logo is the blades of an aperture in a ring, on nothing.
func logo(x, y float64) shade {
	dx, dy := x-0.5, y-0.5
	radius, angle := math.Hypot(dx, dy), math.Atan2(dy, dx)
	if radius > 0.48 {
		return shade{}
	}
	if radius > 0.43 {
		return shade{0.1, 0.12, 0.16, 1}
	}
	const blades = 6
	// The edge of each blade is a line that touches the hexagon of the opening.
	turn := 2 * math.Pi / blades
	within := math.Mod(angle+2*math.Pi, turn) - turn/2
	if radius*math.Cos(within) < 0.16 {
		return shade{}
	}
	blade := math.Mod(math.Floor((angle+2*math.Pi)/turn+math.Acos(math.Min(1, 0.16/radius))/turn), blades)
	edge := math.Mod((angle+2*math.Pi)/turn+math.Acos(math.Min(1, 0.16/radius))/turn, 1)
	base := mix(shade{0.93, 0.36, 0.2, 1}, shade{0.98, 0.75, 0.25, 1}, math.Abs(blade-3)/3)
	return mix(base.times(0.72), base, smooth(0, 0.35, edge))
}

// swatch is one colour.
func swatch(float64, float64) shade { return shade{0xe8 / 255.0, 0x4a / 255.0, 0x27 / 255.0, 1} }

// spokes is a wheel of twelve spokes, the brightest of which stands at turn of a full circle.
func spokes(turn float64) func(x, y float64) shade {
	return func(x, y float64) shade {
		dx, dy := x-0.5, y-0.5
		radius, place := math.Hypot(dx, dy), math.Atan2(dy, dx)/(2*math.Pi)
		spoke := math.Round(place * 12)
		along := spoke / 12 * 2 * math.Pi
		off := math.Abs(-dx*math.Sin(along) + dy*math.Cos(along))
		light := 1 - math.Mod(turn-spoke/12+2, 1)
		ink := smooth(0.036, 0.028, off) * smooth(0.2, 0.21, radius) * smooth(0.42, 0.41, radius)
		return mix(grey(1), grey(1-0.85*light), ink)
	}
}
