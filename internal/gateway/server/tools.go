package server

import (
	"sync"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// toolCapacity is how many tools are remembered, of all targets.
const toolCapacity = 16384

// tool is what a target says of a tool in its list.
type tool struct {
	annotations *call.Annotations // nil where it says nothing
	mirrors     []mcp.Mirror
}

// tools are what targets said of their tools. Of a tool that no list has shown nothing is known, and of one that does not fit nothing is
// remembered. It is the target's word, the same for all agents: what an agent says changes nothing of it.
type tools struct {
	mu    sync.Mutex
	boxes map[string]*toolbox // by target
	count int
}

// toolbox is what one target said.
type toolbox struct {
	known map[string]tool
	asked sync.Mutex // held by who asks the target, so that it is asked once
	last  time.Time  // when it was asked
}

func (t *tools) box(target string) *toolbox {
	if t.boxes == nil {
		t.boxes = map[string]*toolbox{}
	}
	if t.boxes[target] == nil {
		t.boxes[target] = &toolbox{known: map[string]tool{}}
	}
	return t.boxes[target]
}

func (t *tools) get(target, name string) (tool, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.box(target).known[name]
	return known, ok
}

// put remembers what a list shows.
func (t *tools) put(target, name string, said tool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.box(target)
	if _, ok := b.known[name]; !ok {
		if t.count == toolCapacity {
			return
		}
		t.count++
	}
	b.known[name] = said
}

// forget drops what a target said, as it says that its list is another now.
func (t *tools) forget(target string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.box(target)
	t.count -= len(b.known)
	b.known, b.last = map[string]tool{}, time.Time{}
}

// learn has ask called unless it was lately, and waits for whoever asks already.
func (t *tools) learn(target string, now time.Time, ask func()) {
	t.mu.Lock()
	b := t.box(target)
	t.mu.Unlock()
	b.asked.Lock()
	defer b.asked.Unlock()
	t.mu.Lock()
	lately := now.Before(b.last.Add(askPause)) && !b.last.After(now)
	if !lately {
		b.last = now
	}
	t.mu.Unlock()
	if !lately {
		ask()
	}
}
