package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// largestSecret is how much of a file with a password is read, in bytes.
const largestSecret = 4 << 10

// RedisOptions are what a Redis is made from.
type RedisOptions struct {
	// URL is redis://host:port/database, or rediss:// for TLS, perhaps with a user, and without a password.
	URL string
	// PasswordFile holds the password, "" for none. It is read for each new connection, so that it may change.
	PasswordFile string
	// CAFile holds the certificates of the authorities that are trusted with rediss://, in PEM; "" trusts the system's.
	CAFile string
	// Prefix begins every key.
	Prefix string
	// Timeout bounds what is asked, connecting and waiting for a connection included.
	Timeout time.Duration
}

// Redis is a Store in Redis or Valkey, that replicas share. Each question is one atomic command there. What is not answered in time is an
// error that wraps ErrAway.
type Redis struct {
	client  *redis.Client
	prefix  string
	timeout time.Duration
	now     func() time.Time
}

// NewRedis gives a store. It does not connect: a store that is away is one that denies, and not one that keeps the gateway from starting.
func NewRedis(o RedisOptions, now func() time.Time) (*Redis, error) {
	options, err := redis.ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("store: url: %w", err)
	}
	if options.Password != "" {
		return nil, errors.New("store: url holds a password: name a password_file instead")
	}
	if o.CAFile != "" {
		if options.TLSConfig == nil {
			return nil, errors.New("store: ca_file is for URLs that begin with rediss://")
		}
		if options.TLSConfig.RootCAs, err = authorities(o.CAFile); err != nil {
			return nil, err
		}
	}
	if options.TLSConfig != nil {
		options.TLSConfig.MinVersion = tls.VersionTLS12
	}
	if o.PasswordFile != "" {
		if _, err := password(o.PasswordFile); err != nil {
			return nil, err
		}
		user := options.Username
		options.CredentialsProviderContext = func(context.Context) (string, string, error) {
			secret, err := password(o.PasswordFile)
			return user, secret, err
		}
	}
	options.ContextTimeoutEnabled = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	options.MaxRetries = -1 // a question is not asked twice: the first may have been heard, and a proof would then seem to be used
	options.DialerRetries = 1
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{client: redis.NewClient(options), prefix: o.Prefix, timeout: o.Timeout, now: now}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("store: ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("store: ca_file: %s holds no certificate in PEM", file)
	}
	return pool, nil
}

// password reads a file of one line.
func password(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("store: password_file: %w", err)
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 || len(text) > largestSecret {
		return "", fmt.Errorf("store: password_file: %s has %d bytes, and must have from 1 to %d", file, len(text), largestSecret)
	}
	return string(text), nil
}

// silent keeps the client's own words off stderr: whoever asks the store reports what came of it.
type silent struct{}

// Printf implements the logger of the client.
func (silent) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silent{}) }

// key keeps what it is made from out of the store: whoever reads that learns no proof's identifier.
func (r *Redis) key(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	return r.prefix + kind + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Seen implements Store.
func (r *Redis) Seen(ctx context.Context, key string, until time.Time) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	// A second more than the caller's clock asks for, as Memory does, and never none.
	left := max(until.Sub(r.now()), 0) + time.Second
	_, err := r.client.SetArgs(ctx, r.key("seen", key), 1, redis.SetArgs{Mode: "NX", TTL: left}).Result()
	if errors.Is(err, redis.Nil) {
		return true, nil
	}
	return false, away(err)
}

// bucket is Rate.take, by the store's own clock, in microseconds; it gives how many are missing. A full bucket is no key.
var bucket = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local token, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
local after = math.max(full, now) + n * token
local missing = after - burst * token - now
if missing > 0 then return math.ceil(missing) end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return 0
`)

// Take implements Store.
func (r *Redis) Take(ctx context.Context, key string, rate Rate, n int64) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	token := float64(rate.token()) / float64(time.Microsecond)
	missing, err := bucket.Run(ctx, r.client, []string{r.key("rate", rate.of(key))}, token, rate.Burst, n).Int64()
	return time.Duration(missing) * time.Microsecond, away(err)
}

// Alive implements Store.
func (r *Redis) Alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return away(r.client.Ping(ctx).Err())
}

// Close implements Store.
func (r *Redis) Close() error { return r.client.Close() }

func away(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}
