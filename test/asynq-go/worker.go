package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// workOptions: what is left out (0, nil) is left to the library's own default.
type workOptions struct {
	Queues         map[string]int `json:"queues"`
	Strict         bool           `json:"strict"`
	Concurrency    int            `json:"concurrency"`
	RetryDelayMs   *int64         `json:"retryDelayMs"`
	GraceMs        int64          `json:"graceMs"`
	PollMs         int64          `json:"pollMs"`
	ForwardMs      int64          `json:"forwardMs"`
	JanitorMs      int64          `json:"janitorMs"`
	Quiet          bool           `json:"quiet"`          // every task succeeds, and nothing is said: for measurements
	SpareTheFailed bool           `json:"spareTheFailed"` // IsFailure answers false
}

// A program runs one worker at a time.
//
//	work   begins
//	stop   takes no more, gives running tasks the grace, puts the others back
func addWorker(commands map[string]command, redis asynq.RedisConnOpt) {
	var lock sync.Mutex
	var running *asynq.Server
	handler := newHandler()
	commands["work"] = on(func(with workOptions) (any, error) {
		lock.Lock()
		defer lock.Unlock()
		if running != nil {
			return nil, errors.New("a worker runs already")
		}
		server := asynq.NewServer(redis, with.config())
		if err := server.Start(with.handler(handler)); err != nil {
			return nil, err
		}
		running = server
		return nil, nil
	})
	commands["stop"] = on(func(struct{}) (any, error) {
		lock.Lock()
		defer lock.Unlock()
		if running == nil {
			return nil, errors.New("no worker runs")
		}
		running.Shutdown()
		running = nil
		return nil, nil
	})
	commands["release"] = on(handler.release)
}

func (with workOptions) handler(scripted asynq.Handler) asynq.Handler {
	if !with.Quiet {
		return scripted
	}
	return asynq.HandlerFunc(func(context.Context, *asynq.Task) error { return nil })
}

func (with workOptions) config() asynq.Config {
	config := asynq.Config{
		Queues:                   with.Queues,
		StrictPriority:           with.Strict,
		Concurrency:              with.Concurrency,
		ShutdownTimeout:          duration(with.GraceMs),
		TaskCheckInterval:        duration(with.PollMs),
		DelayedTaskCheckInterval: duration(with.ForwardMs),
		JanitorInterval:          duration(with.JanitorMs),
	}
	if with.RetryDelayMs != nil {
		config.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return duration(*with.RetryDelayMs) }
	}
	if with.SpareTheFailed {
		config.IsFailure = func(error) bool { return false }
	}
	return config
}
