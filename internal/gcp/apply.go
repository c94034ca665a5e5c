package gcp

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Apply makes the object be as desired. It looks, does one thing, and looks again, until nothing is left to do: so it does not matter
// where it begins, what was done by a request whose answer was lost, or what an earlier apply left.
func (c *Client) Apply(ctx context.Context, desired stack.Object, prior string) (stack.Live, error) {
	b, err := c.bind(desired.Key)
	if err != nil {
		return stack.Live{}, named(desired.Key, err)
	}
	if desired, err = c.awaited(ctx, desired); err != nil {
		return stack.Live{}, named(desired.Key, err)
	}
	a := &application{
		Client: c, bound: b, desired: desired.Body, projected: stack.HashGoogleSecrets(desired.Key, desired.Body),
		ours: prior != "", adopts: desired.Adopt, looks: prior != "" || b.found,
	}
	shown := a.projected
	if a.ours {
		if a.prior, err = parseBody([]byte(prior)); err != nil {
			return stack.Live{}, named(desired.Key, err)
		}
		if b.change(a.prior, a.prior, a.desired, a.projected).nothing() {
			shown = a.prior // as Plan has it
		}
	}
	if a.turn, err = c.queues.take(ctx, b.queueOf(desired.Key.Name)); err != nil {
		return stack.Live{}, named(desired.Key, err)
	}
	defer a.turn.end()
	there, err := a.converge(ctx)
	if err != nil {
		return stack.Live{}, a.doubted(ctx, named(desired.Key, withoutSecrets(err, desired)))
	}
	return b.seen(there, b.project(there, shown))
}

// application is one Apply under way.
type application struct {
	*Client
	bound
	turn                      *turn
	desired, projected, prior map[string]any
	// ours says that what is there is ours to change: it is in state, or is as desired already.
	ours bool
	// adopts says that what is there may be changed even where it is not ours.
	adopts bool
	// looks says that the object may be there, so that a create must look first.
	looks bool
	// begun says that Google was asked to make the object, and is not known to have refused; failed, that the operation which it began
	// was seen to fail.
	begun, failed bool
	// doubts is how often to look again for an object whose create got no answer, where a second create would make a second object.
	doubts int
}

// doubted says of an error whether the object may have been made nevertheless. It was not where Google refused it, where what is there is
// another's, and where nothing is there after an operation that failed.
func (a *application) doubted(ctx context.Context, err error) error {
	var exists *existsError
	if !a.begun || errors.As(err, &exists) {
		return err
	}
	if a.failed {
		if there, lookErr := a.look(ctx, a.calls, a.at, true); lookErr == nil && there == nil {
			return err
		}
	}
	return &stack.DoubtError{Err: err}
}

// converge gives the live object once it is as desired.
func (a *application) converge(ctx context.Context) (map[string]any, error) {
	b := a.config.Pace.start()
	for {
		there, done, err := a.step(ctx)
		switch {
		case err == nil && done:
			return there, nil
		case err == nil: // one thing is done, and what is next is seen by looking
			continue
		case ctx.Err() != nil || !a.mayPass(err, b.waited):
			return nil, b.end(ctx, err)
		}
		a.looks = true
		if end := a.turn.aside(ctx, func() error { return b.again(ctx, err) }); end != nil {
			return nil, end
		}
	}
}

// mayPass says whether to go on after an error: what is transient passes, and what is refused because of an object that is not seen
// everywhere yet does so soon or not at all. Such an object may be another provider's, made a moment ago in the same run, so that one
// which never comes cannot be told from it sooner.
func (a *application) mayPass(err error, waited time.Duration) bool {
	var held *heldError
	var overdue *overdueError
	if errors.As(err, &held) || errors.As(err, &overdue) {
		return false
	}
	return transient(err) || errors.Is(err, errNotSeen) ||
		refusedWith(err, codes.NotFound, codes.FailedPrecondition) && waited < a.config.Pace.Settle
}

// errNotSeen says that the object must be there, or may, and cannot be read.
var errNotSeen = errors.New("the name is taken, and Google does not show the object that has it; it may be on its way in or out")

// step does the next thing that there is to do. done says that nothing was left.
func (a *application) step(ctx context.Context) (there map[string]any, done bool, err error) {
	if !a.looks {
		return a.insert(ctx)
	}
	if there, err = a.look(ctx, a.calls, a.at, false); err != nil {
		return nil, false, err
	}
	switch {
	case there == nil && a.doubts > 0:
		a.doubts--
		return nil, false, errNotSeen
	case there == nil:
		return a.insert(ctx)
	case !a.kept(there):
		a.ours = true // it was given up, and comes back as it is desired
		return nil, false, a.make(ctx, func() (operation, error) { return a.undelete(ctx, a.of(there)) })
	case !a.ours && !a.adopts && !a.unclaimed(there) && !a.asMade(there, a.projected):
		return nil, false, &existsError{key: a.key, fields: a.differing(there, a.projected)}
	}
	c := a.change(there, a.prior, a.desired, a.projected)
	switch {
	case len(c.immutable) > 0:
		return nil, false, a.replace(ctx, there)
	case len(c.mask) == 0:
		return there, true, nil
	}
	etag, _ := there["etag"].(string)
	change := a.run
	if !a.ours {
		change = a.make // it becomes ours by it
	}
	if err := change(ctx, func() (operation, error) { return a.patch(ctx, a.of(there), c.body, c.mask, etag) }); err != nil {
		return nil, false, err
	}
	return a.settled(ctx)
}

func (a *application) insert(ctx context.Context) (map[string]any, bool, error) {
	err := a.make(ctx, func() (operation, error) { return a.create(ctx, a.at, a.desired) })
	switch {
	case refusedWith(err, codes.AlreadyExists) && a.looks:
		return nil, false, errNotSeen
	case refusedWith(err, codes.AlreadyExists):
		a.looks = true
		return nil, false, nil
	case err != nil:
		if a.found && transient(err) {
			a.doubts = a.config.Pace.Tries
		}
		return nil, false, err
	}
	a.ours, a.looks = true, true
	if !a.asks(a.later) {
		return a.settled(ctx)
	}
	a.prior = a.projected // and the next step is a change
	return nil, false, nil
}

// asks says that something of these fields is desired.
func (a *application) asks(fields []string) bool {
	return slices.ContainsFunc(fields, func(field string) bool { _, asked := a.desired[field]; return asked })
}

// replace makes room for an object that differs in what cannot be changed.
func (a *application) replace(ctx context.Context, there map[string]any) error {
	return a.vanish(ctx, a.bound, a.turn, there, a.config.Pace.Settle)
}

// make is run for a request that makes the object, or makes it ours. It notes whether that may have happened.
func (a *application) make(ctx context.Context, mutate func() (operation, error)) error {
	op, err := mutate()
	if err != nil {
		err = answered(err)
		if mayBeDone(err) {
			a.begun, a.failed = true, false
		}
		return err
	}
	a.begun = true
	op, err = a.finish(ctx, a.calls, op)
	a.failed = op.refusal() != nil
	return err
}

// run makes a change and waits until it is done.
func (a *application) run(ctx context.Context, mutate func() (operation, error)) error {
	op, err := mutate()
	if err == nil {
		_, err = a.finish(ctx, a.calls, op)
	}
	return answered(err)
}

// settled looks until what was done shows, and what Google adds to it. What Google has made of it otherwise, and goes on showing, is what
// is there; what it does not add for too long is left to a later look.
func (a *application) settled(ctx context.Context) (map[string]any, bool, error) {
	a.prior = a.projected
	b := a.config.Pace.start()
	for {
		there, err := a.look(ctx, a.calls, a.at, false)
		if err != nil {
			return nil, false, err
		}
		adds := a.pending != nil && a.kept(there) && a.pending(there) && b.waited < a.config.Pace.Settle
		if a.kept(there) && !adds && (a.equal("", there, a.projected) || b.waited >= a.config.Pace.Settle/8) {
			return there, true, nil
		}
		if there == nil && b.waited >= a.config.Pace.Settle {
			return nil, false, errVanished
		}
		if end := b.again(ctx, errNotShown); end != nil {
			return nil, false, end
		}
	}
}

var (
	errNotShown = errors.New("it is done, and Google does not show it yet")
	errVanished = errors.New("it was made, and is not there: somebody may have deleted it at once")
)
