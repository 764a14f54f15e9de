// The real Asynq library as a contestant of bench/queue.mjs. Its requests: bench/support/peer.mjs.
//
//	asynq-queue redis://127.0.0.1:6379
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
)

type request struct {
	Do          string `json:"do"`
	Count       int    `json:"count"`
	Batch       int    `json:"batch"`
	Flight      int    `json:"flight"`
	Concurrency int    `json:"concurrency"`
}

type check struct {
	MonitorID   string `json:"monitor_id"`
	ScheduledAt string `json:"scheduled_at"`
}

type timed struct {
	Sent int64 `json:"sent"` // nanoseconds since the Unix epoch
}

func main() {
	redis, err := asynq.ParseRedisURI(os.Args[1])
	must(err)
	client := asynq.NewClient(redis)
	must(client.Ping())
	worker := newWorker(redis)
	sent := 0
	commands := map[string]func(request) any{
		"enqueue": func(asked request) any { return enqueueAll(client, asked) },
		"work":    worker.work,
		"handled": worker.handled,
		"send": func(request) any {
			sent++
			payload, err := json.Marshal(timed{time.Now().UnixNano()})
			must(err)
			enqueue(client, "bench:timed", fmt.Sprintf("timed-%d", sent), payload)
			return struct{}{}
		},
		"latencies": func(request) any { return map[string]any{"ms": worker.latencies()} },
		"stop": func(request) any {
			worker.stop()
			must(client.Close())
			return struct{}{}
		},
	}
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked request
		must(json.Unmarshal(lines.Bytes(), &asked))
		must(answers.Encode(commands[asked.Do](asked)))
		if asked.Do == "stop" {
			return
		}
	}
}

// enqueueAll enqueues one at a time: the library has no other way. Flight is the number of goroutines.
func enqueueAll(client *asynq.Client, asked request) any {
	var next atomic.Int64
	var callers sync.WaitGroup
	began := time.Now()
	for range asked.Flight {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for n := next.Add(1) - 1; n < int64(asked.Count); n = next.Add(1) - 1 {
				monitor := fmt.Sprintf("0b6c1f6e-5d3a-4c1e-9f2b-%012d", n)
				payload, err := json.Marshal(check{monitor, "2025-10-09T08:53:20Z"})
				must(err)
				enqueue(client, "monitor:healthcheck", monitor+":1760000000000", payload)
			}
		}()
	}
	callers.Wait()
	return map[string]float64{"seconds": time.Since(began).Seconds()}
}

func enqueue(client *asynq.Client, kind, id string, payload []byte) {
	_, err := client.Enqueue(asynq.NewTask(kind, payload), asynq.TaskID(id), asynq.Queue("default"),
		asynq.MaxRetry(3), asynq.Timeout(5*time.Minute), asynq.Retention(time.Hour))
	must(err)
}

type worker struct {
	redis  asynq.RedisConnOpt
	server *asynq.Server

	began time.Time
	lock  sync.Mutex
	ids   map[string]bool
	count int
	ms    []float64
	more  *sync.Cond
}

func newWorker(redis asynq.RedisConnOpt) *worker {
	made := &worker{redis: redis, ids: map[string]bool{}, ms: []float64{}}
	made.more = sync.NewCond(&made.lock)
	return made
}

func (worker *worker) work(asked request) any {
	worker.began = time.Now()
	worker.server = asynq.NewServer(worker.redis, asynq.Config{
		Concurrency: asked.Concurrency,
		Queues:      map[string]int{"default": 1},
		LogLevel:    asynq.WarnLevel,
	})
	must(worker.server.Start(asynq.HandlerFunc(worker.handle)))
	return struct{}{}
}

func (worker *worker) handle(ctx context.Context, task *asynq.Task) error {
	at := time.Now().UnixNano()
	id, _ := asynq.GetTaskID(ctx)
	worker.lock.Lock()
	defer worker.lock.Unlock()
	worker.ids[id] = true
	worker.count++
	if task.Type() == "bench:timed" {
		var carried timed
		must(json.Unmarshal(task.Payload(), &carried))
		worker.ms = append(worker.ms, float64(at-carried.Sent)/1e6)
	}
	worker.more.Signal()
	return nil
}

func (worker *worker) handled(asked request) any {
	worker.lock.Lock()
	defer worker.lock.Unlock()
	for worker.count < asked.Count {
		worker.more.Wait()
	}
	return map[string]any{"seconds": time.Since(worker.began).Seconds(), "distinct": len(worker.ids)}
}

func (worker *worker) latencies() []float64 {
	worker.lock.Lock()
	defer worker.lock.Unlock()
	return worker.ms
}

func (worker *worker) stop() {
	if worker.server != nil {
		worker.server.Shutdown()
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
