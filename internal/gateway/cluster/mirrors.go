package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
)

// Options are what Mirrors are made from.
type Options struct {
	// API says how the API server is reached.
	API *rest.Config
	// Directory is the folder of all copies, which is made where it is missing. It is this process's alone.
	Directory string
	// Log is told when an object cannot be followed, and when it is again.
	Log *slog.Logger
}

// Mirrors keeps copies of objects. It is safe for concurrent use.
type Mirrors struct {
	o       Options
	client  *rest.RESTClient
	root    *os.Root
	changed chan struct{}

	mu        sync.Mutex
	followers map[string]*follower // by directory
	stirred   bell
}

// Open gives Mirrors without objects. Nobody is asked before there are some.
func Open(o Options) (*Mirrors, error) {
	c, err := client(o.API)
	if err != nil {
		return nil, fmt.Errorf("API server %s: %w", o.API.Host, err)
	}
	if err := os.MkdirAll(o.Directory, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(o.Directory)
	if err != nil {
		return nil, err
	}
	return &Mirrors{o: o, client: c, root: root, changed: make(chan struct{}, 1), followers: map[string]*follower{}}, nil
}

// Path gives the path of a copy's file.
func (m *Mirrors) Path(directory, file string) string {
	return filepath.Join(m.o.Directory, filepath.FromSlash(directory), file)
}

// Changed is told that a copy holds something else than before. One word stands for all changes since the last one was heard.
func (m *Mirrors) Changed() <-chan struct{} { return m.changed }

// List gives what the list beside the configuration names.
func (m *Mirrors) List() ([]mirror.Object, error) { return mirror.ReadList(m.root) }

// Add begins to follow objects that are not followed yet. The folder of one may have been that of another, which is then followed no longer.
func (m *Mirrors) Add(objects ...mirror.Object) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range objects {
		before := m.followers[o.Directory]
		if before != nil && before.object == o {
			continue
		}
		if before != nil {
			before.end()
			delete(m.followers, o.Directory)
		}
		folder, err := mirror.OpenFolder(m.root, o)
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(context.Background())
		f := &follower{object: o, log: m.o.Log, changed: m.tellChange, stirred: m.stirred.ring, stop: stop, done: make(chan struct{}), folder: folder}
		m.followers[o.Directory] = f
		go f.run(ctx, m.client)
	}
	return nil
}

// Keep ends following all objects but these, and removes the copies of others, those that an earlier process left among them.
func (m *Mirrors) Keep(objects ...mirror.Object) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for directory, f := range m.followers {
		if !slices.Contains(objects, f.object) {
			f.end()
			delete(m.followers, directory)
		}
	}
	return mirror.Prune(m.root, objects...)
}

// Close ends following. The copies stay.
func (m *Mirrors) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.followers {
		f.end()
	}
	clear(m.followers)
	return m.root.Close()
}

func (f *follower) end() {
	f.stop()
	<-f.done
}

// Lacking says of which of these objects there is no copy, and why; nil where there are copies of all.
func (m *Mirrors) Lacking(objects ...mirror.Object) error {
	_, lacking := m.state(objects)
	return lacking
}

// Settled waits until there is a copy of each of these objects, and the API server was heard or has failed to answer for each. When ctx is done
// before, it says what Lacking does.
func (m *Mirrors) Settled(ctx context.Context, objects ...mirror.Object) error {
	for {
		stirred := m.stirred.next()
		settled, lacking := m.state(objects)
		if settled {
			return nil
		}
		select {
		case <-stirred:
		case <-ctx.Done():
			return lacking
		}
	}
}

// Stale says which copies may not be what the API server has now, sorted by folder.
func (m *Mirrors) Stale() []error {
	var all []error
	for _, f := range m.all() {
		if err := f.stale(); err != nil {
			all = append(all, err)
		}
	}
	return all
}

func (m *Mirrors) state(objects []mirror.Object) (settled bool, lacking error) {
	settled = true
	var all []error
	followed := m.all()
	for _, o := range objects {
		at := slices.IndexFunc(followed, func(f *follower) bool { return f.object == o })
		if at < 0 {
			return false, errors.Join(append(all, fmt.Errorf("%s is not followed", o))...)
		}
		is, lacks := followed[at].settled()
		settled = settled && is
		all = append(all, lacks)
	}
	return settled, errors.Join(all...)
}

// all gives the followers, sorted by folder.
func (m *Mirrors) all() []*follower {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*follower
	for _, f := range m.followers {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *follower) int { return cmp.Compare(a.object.Directory, b.object.Directory) })
	return all
}

func (m *Mirrors) tellChange() {
	select {
	case m.changed <- struct{}{}:
	default: // a word is waiting
	}
}

// bell wakes whoever waits for it. The zero value is ready.
type bell struct {
	mu   sync.Mutex
	rung chan struct{} // nil where nobody waits
}

// next is closed when the bell rings next.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}
