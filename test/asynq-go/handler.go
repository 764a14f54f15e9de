package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/hibiken/asynq"
)

// What a task is to do stands in its payload, as JSON; any other payload succeeds. In this order: Hold, Panic,
// Failures, Result. The specs have a handler of their own that obeys the same words (test/asynq/sides/scripted-handler.ts).
type script struct {
	Hold      bool   `json:"hold"`      // until "release" names the task, or its context ends
	Deaf      bool   `json:"deaf"`      // a Hold that goes on when the context has ended
	Panic     string `json:"panic"`     // with this text
	Failures  int    `json:"failures"`  // so many attempts fail
	Message   string `json:"message"`   // of a failed attempt
	SkipRetry bool   `json:"skipRetry"` // a failure is the last
	Result    string `json:"result"`    // of a successful one
}

type handler struct {
	lock sync.Mutex
	held map[string]chan struct{}
}

func newHandler() *handler { return &handler{held: map[string]chan struct{}{}} }

// Each attempt says {"event": "begin", ...} and, unless the program is killed, {"event": "end", "task": id, "error": text}.
func (h *handler) ProcessTask(ctx context.Context, task *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	maxRetries, _ := asynq.GetMaxRetry(ctx)
	queue, _ := asynq.GetQueueName(ctx)
	deadline, _ := ctx.Deadline()
	released := h.hold(id)
	say(map[string]any{
		"event": "begin", "task": id, "type": task.Type(), "payload": task.Payload(), "headers": task.Headers(),
		"queue": queue, "retried": retried, "maxRetries": maxRetries, "deadline": milliseconds(deadline),
	})
	err := errors.New("panicked")
	defer func() {
		text := ""
		if err != nil {
			text = err.Error()
		}
		say(map[string]any{"event": "end", "task": id, "error": text})
	}()
	err = run(ctx, task, released, retried)
	return err
}

func run(ctx context.Context, task *asynq.Task, released <-chan struct{}, retried int) error {
	var told script
	if json.Unmarshal(task.Payload(), &told) != nil {
		return nil
	}
	if told.Hold {
		if err := wait(ctx, released, told.Deaf); err != nil {
			return err
		}
	}
	switch {
	case told.Panic != "":
		panic(told.Panic)
	case retried < told.Failures && told.SkipRetry:
		return fmt.Errorf("%s: %w", told.Message, asynq.SkipRetry)
	case retried < told.Failures:
		return errors.New(told.Message)
	case told.Result != "":
		_, err := task.ResultWriter().Write([]byte(told.Result))
		return err
	}
	return nil
}

func wait(ctx context.Context, released <-chan struct{}, deaf bool) error {
	ended := ctx.Done()
	if deaf {
		ended = nil
	}
	select {
	case <-released:
		return nil
	case <-ended:
		return ctx.Err()
	}
}

func (h *handler) hold(id string) <-chan struct{} {
	h.lock.Lock()
	defer h.lock.Unlock()
	released := make(chan struct{})
	h.held[id] = released
	return released
}

// release lets a held task go on.
func (h *handler) release(with struct {
	Task string `json:"task"`
}) (any, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	released, held := h.held[with.Task]
	if !held {
		return nil, fmt.Errorf("no such task is held: %s", with.Task)
	}
	delete(h.held, with.Task)
	close(released)
	return nil, nil
}
