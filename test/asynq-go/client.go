package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
)

// newTask: what is left out (0, nil) is left to the library's own default.
type newTask struct {
	ID          string            `json:"id"`
	Type        string            `json:"type"`
	Payload     []byte            `json:"payload"`
	Headers     map[string]string `json:"headers"`
	Queue       string            `json:"queue"`
	MaxRetries  *int              `json:"maxRetries"`
	TimeoutMs   int64             `json:"timeoutMs"`
	DeadlineAt  int64             `json:"deadlineAt"`
	RetentionMs int64             `json:"retentionMs"`
	ProcessAt   int64             `json:"processAt"`
	UniqueForMs int64             `json:"uniqueForMs"`
	Group       string            `json:"group"`
}

func addClient(commands map[string]command, redis asynq.RedisConnOpt) {
	client := asynq.NewClient(redis)
	// answers with the task as the library describes it
	commands["enqueue"] = on(func(with newTask) (any, error) {
		task := asynq.NewTaskWithHeaders(with.Type, with.Payload, with.Headers)
		info, err := client.Enqueue(task, with.options()...)
		if err != nil {
			return nil, err
		}
		return describeTask(info), nil
	})
	commands["flood"] = on(func(with flood) (any, error) { return with.run(client) })
}

// flood, for measurements: enqueues Count tasks, each with an id of its own, by so many goroutines at once. Answers how
// long it took.
type flood struct {
	newTask
	Count      int `json:"count"`
	Goroutines int `json:"goroutines"`
}

func (with flood) run(client *asynq.Client) (any, error) {
	var next atomic.Int64
	results := make(chan error, with.Goroutines)
	began := time.Now()
	for range with.Goroutines {
		go func() { results <- with.enqueueUntilDone(client, &next) }()
	}
	var failures []error
	for range with.Goroutines {
		failures = append(failures, <-results)
	}
	return map[string]any{"ms": time.Since(began).Milliseconds()}, errors.Join(failures...)
}

func (with flood) enqueueUntilDone(client *asynq.Client, next *atomic.Int64) error {
	for {
		number := next.Add(1)
		if number > int64(with.Count) {
			return nil
		}
		one := with.newTask
		one.ID = fmt.Sprintf("%s:%d", with.ID, number)
		if _, err := client.Enqueue(asynq.NewTask(one.Type, one.Payload), one.options()...); err != nil {
			return err
		}
	}
}

func (with newTask) options() []asynq.Option {
	var options []asynq.Option
	add := func(given bool, option asynq.Option) {
		if given {
			options = append(options, option)
		}
	}
	add(with.ID != "", asynq.TaskID(with.ID))
	add(with.Queue != "", asynq.Queue(with.Queue))
	if with.MaxRetries != nil {
		options = append(options, asynq.MaxRetry(*with.MaxRetries))
	}
	add(with.TimeoutMs != 0, asynq.Timeout(duration(with.TimeoutMs)))
	add(with.DeadlineAt != 0, asynq.Deadline(time.UnixMilli(with.DeadlineAt)))
	add(with.RetentionMs != 0, asynq.Retention(duration(with.RetentionMs)))
	add(with.ProcessAt != 0, asynq.ProcessAt(time.UnixMilli(with.ProcessAt)))
	add(with.UniqueForMs != 0, asynq.Unique(duration(with.UniqueForMs)))
	// the library's Group refuses an empty name when it is applied, so it is made only when it is asked for
	add(with.Group != "", asynq.Group(with.Group))
	return options
}
