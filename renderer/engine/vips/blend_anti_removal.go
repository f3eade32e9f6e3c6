package vips

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Bounds of e_anti_removal at full strength.
const (
	// antiRemovalReach is how far a pixel moves at most, as a share of the layer's shorter side.
	antiRemovalReach = 0.03
	// antiRemovalWaves is how many waves are laid over each other.
	antiRemovalWaves = 4
)

// disturb bends the layer a little, in a way that nobody can compute without knowing the layer: a mark that is the
// same everywhere could be subtracted. It is the same for the same layer and strength, so that a file made again is equal.
func (s *stage) disturb(l *transform.Layer, layer *picture) (*picture, error) {
	level := 50.0
	if len(l.BlendArgs) > 0 {
		effect, err := (&transform.Effect{Name: l.Blend, Args: l.BlendArgs}).Resolve(s.job.variables)
		if err != nil {
			return nil, err
		}
		if level, err = strconv.ParseFloat(effect.Arguments()["level"], 64); err != nil {
			return nil, problem.BadRequest("Invalid argument %s of effect %s", l.BlendArgs[0], l.Blend)
		}
	}
	bent, err := layer.copy()
	if err != nil {
		return nil, err
	}
	s.job.keep(bent)
	on := bent.size()
	seed := fnv.New64a()
	seed.Write([]byte(l.Kind + l.Type + l.ID + l.Text + s.job.request.Source.PublicID))
	random := rand.New(rand.NewPCG(seed.Sum64(), uint64(on.w)<<32|uint64(on.h)))
	waves := make([]wave, 2*antiRemovalWaves)
	for i := range waves {
		waves[i] = newWave(random)
	}
	reach := math.Max(1, level/100*antiRemovalReach*float64(min(on.w, on.h))) / antiRemovalWaves
	return bent, s.move(bent, func(p place) place {
		u, v := p.x/float64(on.w), p.y/float64(on.h)
		for i := range antiRemovalWaves {
			p.x += reach * waves[2*i].at(u, v)
			p.y += reach * waves[2*i+1].at(u, v)
		}
		return p
	})
}

// wave is a plane wave over the unit square.
type wave struct{ fu, fv, phase float64 }

func newWave(random *rand.Rand) wave {
	turn, length := random.Float64()*2*math.Pi, 1+2*random.Float64()
	return wave{math.Cos(turn) * length, math.Sin(turn) * length, random.Float64()}
}

func (w wave) at(u, v float64) float64 { return math.Sin(2 * math.Pi * (w.fu*u + w.fv*v + w.phase)) }
