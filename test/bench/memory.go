package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"
)

// memory measures the proportional set size of both process trees after 1,000 and after 5,000 mixed renderings.
func memory(ctx context.Context) error {
	return duel(ctx, func(ours, theirs *contestant, photos []string) error {
		fmt.Println("| memory of the process tree | imagor MiB | darkroom MiB | bar |\n|---|---|---|---|")
		var at [2][2]float64
		done := 0
		for i, until := range []int{1000, 5000} {
			for j, c := range []*contestant{theirs, ours} {
				if err := renderMixed(ctx, c, photos, done, until); err != nil {
					return err
				}
				size, err := memoryMiB(c.process)
				if err != nil {
					return err
				}
				at[i][j] = size
			}
			done = until
			fmt.Printf("| after %d renderings | %.0f | %.0f | not above imagor's |\n", until, at[i][0], at[i][1])
		}
		growth := at[1][1]/at[0][1] - 1
		fmt.Printf("| growth between | %+.1f %% | %+.1f %% | ≤ 5 %% |\n", 100*(at[1][0]/at[0][0]-1), 100*growth)
		var missed []error
		if at[1][1] > at[1][0] {
			missed = append(missed, fmt.Errorf("%.0f MiB, above imagor's %.0f", at[1][1], at[1][0]))
		}
		if growth > 0.05 {
			missed = append(missed, fmt.Errorf("memory grew by %.1f %% between 1,000 and 5,000 renderings", 100*growth))
		}
		return errors.Join(missed...)
	})
}

// renderMixed renders sizes, formats and photos as they come, two at a time, the same for every contestant.
func renderMixed(ctx context.Context, c *contestant, photos []string, from, until int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i := from; i < until; i++ {
		random := rand.New(rand.NewPCG(uint64(i), 1))
		one := renderCase{
			mode: []string{modeFit, modeFill}[random.IntN(2)], width: 80 + random.IntN(800), height: 80 + random.IntN(800),
			format: []string{"jpg", "jpg", "webp", "png"}[random.IntN(4)], quality: 60 + random.IntN(30),
		}
		url := c.url(one, photos[random.IntN(len(photos))])
		group.Go(func() error {
			_, err := fetch(ctx, url)
			return err
		})
	}
	return group.Wait()
}
