// The real Asynq library, for conformance tests: a program that does what lines on its standard input say.
//
//	asynq-go redis://127.0.0.1:6379/0
//
// A request is one line of JSON, {"id": 1, "do": "enqueue", "with": {...}}; requests are carried out side by side. Each
// is answered on standard output by {"id": 1, "answer": ...} or {"id": 1, "error": "...", "kind": "..."}; between
// them stand lines {"event": ...} about attempts of tasks (handler.go). Bytes are base64. Times are milliseconds since
// the Unix epoch and durations milliseconds; 0 stands for none. The library's own log goes to standard error. The end
// of the input ends the program at once: whoever wants a clean stop asks for one (worker.go).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hibiken/asynq"
)

type request struct {
	ID   int             `json:"id"`
	Do   string          `json:"do"`
	With json.RawMessage `json:"with"`
}

type command func(with json.RawMessage) (any, error)

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: asynq-go redis://host:port/database"))
	}
	redis, err := asynq.ParseRedisURI(os.Args[1])
	if err != nil {
		fail(err)
	}
	commands := map[string]command{}
	addClient(commands, redis)
	addWorker(commands, redis)
	addInspector(commands, redis)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail(err)
		}
		go serve(commands, asked)
	}
}

func serve(commands map[string]command, asked request) {
	run, known := commands[asked.Do]
	if !known {
		say(map[string]any{"id": asked.ID, "error": "no such command: " + asked.Do, "kind": "unknown-command"})
		return
	}
	answer, err := run(asked.With)
	if err != nil {
		say(map[string]any{"id": asked.ID, "error": err.Error(), "kind": kindOf(err)})
		return
	}
	say(map[string]any{"id": asked.ID, "answer": answer})
}

// on makes a command of a function that takes its parameters as a struct.
func on[T any](run func(with T) (any, error)) command {
	return func(raw json.RawMessage) (any, error) {
		var with T
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &with); err != nil {
				return nil, err
			}
		}
		return run(with)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
