package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/darkroom-media/darkroom/renderer/delivery"
	"github.com/darkroom-media/darkroom/renderer/shortcut"
)

const (
	// defaultGrace bounds draining when the configuration does not.
	defaultGrace = 25 * time.Second
	// lameDuck is how long requests are still taken after readiness has begun to fail, so that nobody is refused who
	// was sent here before that was known.
	lameDuck = 2 * time.Second
)

// serve runs the servers and the tasks until ctx ends, then drains. It returns early when one of them fails.
func (r *renderer) serve(ctx context.Context) error {
	draining := make(chan struct{})
	media, err := listen(r.config.Listen.Media, r.opening.gate(r.media), r.hot, r.logger)
	if err != nil {
		return err
	}
	internal, err := listen(r.config.Listen.Internal, r.internal(draining), nil, r.logger)
	if err != nil {
		return errors.Join(err, media.listener.Close())
	}
	r.logger.Info("Serving", "environment", r.config.Environment, "media", media.listener.Addr().String(), "internal", internal.listener.Addr().String())

	group, ctx := errgroup.WithContext(ctx)
	// Tasks go on while requests are drained: those need the engine and the catalog.
	tasks, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTasks()
	for _, task := range r.tasks {
		group.Go(func() error { return task(tasks) })
	}
	group.Go(func() error {
		if !r.opening.run(tasks) {
			return nil
		}
		for _, task := range r.libraryTasks {
			group.Go(func() error { return task(tasks) })
		}
		return nil
	})
	group.Go(media.serve)
	group.Go(internal.serve)
	group.Go(func() error {
		<-ctx.Done()
		defer stopTasks()
		close(draining)
		return r.drain(media, internal)
	})
	return group.Wait()
}

// drain lets requests in flight finish, within the grace.
func (r *renderer) drain(media, internal *server) error {
	grace := time.Duration(r.config.Listen.ShutdownGrace)
	if grace <= 0 {
		grace = defaultGrace
	}
	r.logger.Info("Shutting down", "grace", grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	media.listener.Stop()
	media.SetKeepAlivesEnabled(false)
	time.Sleep(min(lameDuck, grace/4))
	err := errors.Join(media.Shutdown(ctx), media.listener.Wait(ctx))
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were cut off after %s: %w", grace, err), media.Close())
	}
	if waited := r.deriver.Wait(ctx); waited != nil {
		err = errors.Join(err, fmt.Errorf("derived files were left unfinished after %s: %w", grace, waited))
	}
	return errors.Join(err, internal.Close())
}

// server is an HTTP server with its listener.
type server struct {
	*http.Server
	listener *shortcut.Listener
}

// listen makes a server of handler. What answerer takes of the requests does not reach it; nil takes none.
func listen(address string, handler http.Handler, answerer shortcut.Answerer, logger *slog.Logger) (*server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	timeouts := shortcut.Timeouts{Header: 10 * time.Second, Idle: 2 * time.Minute}
	return &server{
		listener: shortcut.New(listener, answerer, timeouts),
		Server: &http.Server{
			Handler:           handler,
			ConnContext:       delivery.ConnContext,
			ReadHeaderTimeout: timeouts.Header,
			IdleTimeout:       timeouts.Idle,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		},
	}, nil
}

// serve returns nil when the server was shut down.
func (s *server) serve() error {
	if err := s.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", s.listener.Addr(), err)
	}
	return nil
}
