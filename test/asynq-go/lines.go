package main

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

var output sync.Mutex

// say writes one line, whole, whichever goroutine calls it.
func say(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	output.Lock()
	defer output.Unlock()
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		fail(err)
	}
}

func kindOf(err error) string {
	kinds := []struct {
		err  error
		name string
	}{
		{asynq.ErrTaskIDConflict, "task-id-conflict"},
		{asynq.ErrDuplicateTask, "duplicate-task"},
		{asynq.ErrTaskNotFound, "task-not-found"},
		{asynq.ErrQueueNotFound, "queue-not-found"},
		{asynq.ErrQueueNotEmpty, "queue-not-empty"},
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.err) {
			return kind.name
		}
	}
	return "other"
}

func milliseconds(at time.Time) int64 {
	if at.IsZero() || at.Unix() == 0 {
		return 0
	}
	return at.UnixMilli()
}

func duration(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
