// Package push brings what a source has into an environment from outside, by its APIs. The environment fetches the bytes itself, and
// imports each asset as an AssetImport would. How far a push has come is a file, so that one that was interrupted goes on from there.
package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
)

// Options say what goes where.
type Options struct {
	Target *Target
	Source source.Source
	// Name tells the source apart from others, so that the state of one is not taken for that of another.
	Name string
	// State is the file that says how far the push has come.
	State string
	// Parallel is how many assets are pushed at once.
	Parallel int
	// Replace gives assets that are there already what the source says, where it differs; otherwise those that are there stay.
	Replace bool
	// Details asks a source that is source.Detailed for each asset that is pushed: for its coordinates, related assets and earlier
	// versions.
	Details bool
	// Told is called after every save; may be nil.
	Told func(*State)
}

// State is how far a push has come.
type State struct {
	Source string `json:"source"`
	// Page and Skip are where the source is to be read next.
	Page string `json:"page,omitempty"`
	Skip int    `json:"skip,omitempty"`
	// Total is 0 while it is not known. Done counts what is in the environment, Unchanged what of it was there already.
	Total     int64 `json:"total"`
	Done      int64 `json:"done"`
	Unchanged int64 `json:"unchanged"`
	// Failures are why things are not there, by their names.
	Failures map[string]string `json:"failures,omitempty"`
	Finished bool              `json:"finished,omitempty"`
	// Waiting says what is waited for; it is not kept.
	Waiting string `json:"-"`
}

const (
	// attempts is how often something is tried that may pass, firstPause the wait before the second time.
	attempts   = 6
	firstPause = time.Second
	// batchPerWorker is how many assets each of the parallel ones does between two saves.
	batchPerWorker = 4
)

// Run pushes until the source is at its end. After an error it can be called again and goes on. A push that is finished begins
// anew: what is there stays, so that only what failed or came since is pushed.
func Run(ctx context.Context, options Options) (*State, error) {
	p := &pusher{Options: options}
	if err := p.load(); err != nil {
		return nil, err
	}
	err := p.run(ctx)
	return p.state, errors.Join(err, p.save())
}

type pusher struct {
	Options
	state *State
}

// load reads the state, or begins one.
func (p *pusher) load() error {
	p.state = &State{Source: p.Name, Failures: map[string]string{}}
	content, err := os.ReadFile(p.State)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	found := &State{}
	if err := json.Unmarshal(content, found); err != nil {
		return fmt.Errorf("%s is no state of an import: %w", p.State, err)
	}
	if found.Source != p.Name {
		return fmt.Errorf("%s is the state of an import of %s, not of %s", p.State, found.Source, p.Name)
	}
	if !found.Finished {
		if found.Failures == nil {
			found.Failures = map[string]string{}
		}
		p.state = found
	}
	return nil
}

// save replaces the state at once, so that it is never half written.
func (p *pusher) save() error {
	content, err := json.MarshalIndent(p.state, "", "  ")
	if err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(p.State), ".darkroom-import-")
	if err != nil {
		return fmt.Errorf("saving the state: %w", err)
	}
	_, err = aside.Write(content)
	if err = errors.Join(err, aside.Close()); err == nil {
		err = os.Rename(aside.Name(), p.State)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("saving the state: %w", err), os.Remove(aside.Name()))
	}
	if p.Told != nil {
		p.Told(p.state)
	}
	return nil
}

func (p *pusher) run(ctx context.Context) error {
	if p.state.Page == "" && p.state.Skip == 0 {
		err := p.patiently(ctx, func() (err error) {
			p.state.Total, err = p.Source.Total(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	for {
		var page *source.Page
		err := p.patiently(ctx, func() (err error) {
			page, err = p.Source.Page(ctx, p.state.Page)
			return err
		})
		if err != nil {
			return err
		}
		if err := p.page(ctx, page); err != nil {
			return err
		}
		if page.Next == "" {
			p.state.Finished, p.state.Page, p.state.Skip = true, "", 0
			return nil
		}
		p.state.Page, p.state.Skip = page.Next, 0
		if err := p.save(); err != nil {
			return err
		}
	}
}

// page pushes what is left of a page.
func (p *pusher) page(ctx context.Context, page *source.Page) error {
	for _, failure := range page.Failures {
		p.state.Failures[failure.Name] = failure.Reason
	}
	for _, setting := range page.Settings {
		err := p.patiently(ctx, func() error { return p.Target.make(ctx, &setting) })
		if err := p.note(ctx, setting.Name, err); err != nil {
			return err
		}
	}
	size := max(p.Parallel, 1) * batchPerWorker
	for p.state.Skip < len(page.Assets) {
		batch := page.Assets[p.state.Skip:min(p.state.Skip+size, len(page.Assets))]
		if err := p.batch(ctx, batch); err != nil {
			return err
		}
		p.state.Skip += len(batch)
		if err := p.save(); err != nil {
			return err
		}
	}
	return nil
}

// note notes why something failed for good; what may pass ends the run.
func (p *pusher) note(ctx context.Context, name string, err error) error {
	refused, ok := errors.AsType[*source.RefusedError](err)
	switch {
	case ok && ctx.Err() == nil:
		p.state.Failures[name] = refused.Reason
		return nil
	case err == nil:
		delete(p.state.Failures, name)
	}
	return err
}

// batch pushes assets, several at once. After an error none of them counts.
func (p *pusher) batch(ctx context.Context, batch []source.Asset) error {
	// What stays as it is, and has no details that may be missing still, is left alone, a hundred at a time.
	var there map[string]bool
	if !p.Replace && !p.Details {
		err := p.patiently(ctx, func() (err error) {
			there, err = p.Target.there(ctx, batch)
			return err
		})
		if err != nil {
			return err
		}
	}
	errs, unchanged := make([]error, len(batch)), make([]bool, len(batch))
	slots := make(chan struct{}, max(p.Parallel, 1))
	var group sync.WaitGroup
	for i := range batch {
		if unchanged[i] = there[keyOf(&batch[i])]; unchanged[i] {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			unchanged[i], errs[i] = p.push(ctx, &batch[i])
		})
	}
	group.Wait()
	for i := range batch {
		if err := p.note(ctx, batch[i].Name, errs[i]); err != nil {
			return fmt.Errorf("%s: %w", batch[i].Name, err)
		}
	}
	for i := range batch {
		if errs[i] == nil {
			p.state.Done++
		}
		if errs[i] == nil && unchanged[i] {
			p.state.Unchanged++
		}
	}
	return nil
}

// push pushes one asset, with its details where they are wanted, and says whether there was nothing to do.
func (p *pusher) push(ctx context.Context, asset *source.Asset) (unchanged bool, err error) {
	if detailed, ok := p.Source.(source.Detailed); ok && p.Details {
		err := patiently(ctx, nil, func() (err error) {
			asset.Details, err = detailed.Details(ctx, asset)
			return err
		})
		if err != nil {
			return false, err
		}
	}
	err = patiently(ctx, nil, func() (err error) {
		unchanged, err = p.Target.bring(ctx, asset, p.Replace)
		return err
	})
	return unchanged, err
}

func (p *pusher) patiently(ctx context.Context, ask func() error) error {
	return patiently(ctx, func(waiting string) {
		p.state.Waiting = waiting
		if p.Told != nil {
			p.Told(p.state)
		}
	}, ask)
}

// patiently asks again when it may help: at the time that the other side names, however late, or a few times.
func patiently(ctx context.Context, told func(waiting string), ask func() error) error {
	pause := firstPause
	for attempt := 1; ; {
		err := ask()
		if err == nil || source.IsRefused(err) || ctx.Err() != nil {
			return err
		}
		wait := pause
		if later, ok := errors.AsType[*source.LaterError](err); ok {
			wait = max(time.Until(later.At), firstPause)
		} else {
			if attempt++; attempt > attempts {
				return err
			}
			pause *= 2
		}
		if told != nil {
			told(err.Error())
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if told != nil {
			told("")
		}
	}
}
