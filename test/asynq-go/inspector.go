package main

import (
	"fmt"

	"github.com/hibiken/asynq"
)

type taskName struct {
	Queue string `json:"queue"`
	ID    string `json:"id"`
}

type page struct {
	Queue  string `json:"queue"`
	State  string `json:"state"`
	Number int    `json:"number"`
	Size   int    `json:"size"`
}

func addInspector(commands map[string]command, redis asynq.RedisConnOpt) {
	inspector := asynq.NewInspector(redis)
	commands["queues"] = on(func(struct{}) (any, error) { return inspector.Queues() })
	commands["queue"] = on(func(with taskName) (any, error) {
		info, err := inspector.GetQueueInfo(with.Queue)
		if err != nil {
			return nil, err
		}
		return describeQueue(info), nil
	})
	commands["history"] = on(func(with taskName) (any, error) {
		days, err := inspector.History(with.Queue, 1)
		if err != nil {
			return nil, err
		}
		return map[string]any{"processed": days[0].Processed, "failed": days[0].Failed}, nil
	})
	commands["task"] = on(func(with taskName) (any, error) {
		info, err := inspector.GetTaskInfo(with.Queue, with.ID)
		if err != nil {
			return nil, err
		}
		return describeTask(info), nil
	})
	commands["list"] = on(func(with page) (any, error) { return list(inspector, with) })
	commands["servers"] = on(func(struct{}) (any, error) {
		servers, err := inspector.Servers()
		if err != nil {
			return nil, err
		}
		return each(servers, describeServer), nil
	})
	addChanges(commands, inspector)
}

func addChanges(commands map[string]command, inspector *asynq.Inspector) {
	onTask := func(change func(queue, id string) error) command {
		return on(func(with taskName) (any, error) { return nil, change(with.Queue, with.ID) })
	}
	commands["run"] = onTask(inspector.RunTask)
	commands["archive"] = onTask(inspector.ArchiveTask)
	commands["delete"] = onTask(inspector.DeleteTask)
	commands["cancel"] = onTask(func(_, id string) error { return inspector.CancelProcessing(id) })
	commands["pause"] = onTask(func(queue, _ string) error { return inspector.PauseQueue(queue) })
	commands["resume"] = onTask(func(queue, _ string) error { return inspector.UnpauseQueue(queue) })
}

func list(inspector *asynq.Inspector, with page) (any, error) {
	lists := map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending":   inspector.ListPendingTasks,
		"active":    inspector.ListActiveTasks,
		"scheduled": inspector.ListScheduledTasks,
		"retry":     inspector.ListRetryTasks,
		"archived":  inspector.ListArchivedTasks,
		"completed": inspector.ListCompletedTasks,
	}
	ask, known := lists[with.State]
	if !known {
		return nil, fmt.Errorf("no such state: %s", with.State)
	}
	tasks, err := ask(with.Queue, asynq.Page(with.Number), asynq.PageSize(with.Size))
	if err != nil {
		return nil, err
	}
	return each(tasks, describeTask), nil
}

func each[T any](values []T, describe func(T) map[string]any) []map[string]any {
	described := make([]map[string]any, len(values))
	for i, value := range values {
		described[i] = describe(value)
	}
	return described
}

func describeTask(info *asynq.TaskInfo) map[string]any {
	return map[string]any{
		"id": info.ID, "queue": info.Queue, "type": info.Type, "payload": info.Payload, "headers": info.Headers,
		"state": info.State.String(), "maxRetries": info.MaxRetry, "retried": info.Retried,
		"lastError": info.LastErr, "lastFailedAt": milliseconds(info.LastFailedAt),
		"timeoutMs": info.Timeout.Milliseconds(), "deadlineAt": milliseconds(info.Deadline),
		"nextAt": milliseconds(info.NextProcessAt), "isOrphaned": info.IsOrphaned, "group": info.Group,
		"retentionMs": info.Retention.Milliseconds(), "completedAt": milliseconds(info.CompletedAt),
		"result": info.Result,
	}
}

func describeQueue(info *asynq.QueueInfo) map[string]any {
	return map[string]any{
		"name": info.Queue, "isPaused": info.Paused, "latencyMs": info.Latency.Milliseconds(), "size": info.Size,
		"memoryBytes": info.MemoryUsage, "pending": info.Pending, "active": info.Active,
		"scheduled": info.Scheduled, "retry": info.Retry, "archived": info.Archived, "completed": info.Completed,
		"aggregating": info.Aggregating, "groups": info.Groups, "processedToday": info.Processed,
		"failedToday": info.Failed, "processed": info.ProcessedTotal, "failed": info.FailedTotal,
	}
}

func describeServer(info *asynq.ServerInfo) map[string]any {
	return map[string]any{
		"id": info.ID, "host": info.Host, "pid": info.PID, "concurrency": info.Concurrency, "queues": info.Queues,
		"isStrict": info.StrictPriority, "startedAt": milliseconds(info.Started), "status": info.Status,
		"workers": each(info.ActiveWorkers, describeWorker),
	}
}

func describeWorker(info *asynq.WorkerInfo) map[string]any {
	return map[string]any{
		"task": info.TaskID, "type": info.TaskType, "payload": info.TaskPayload, "queue": info.Queue,
		"startedAt": milliseconds(info.Started), "deadline": milliseconds(info.Deadline),
	}
}
