// Package h1 is HTTP/1.1 for the gateway's hot path: a server and a transport with the types of net/http, which spend no goroutines on a
// request. net/http's server starts one for each request, to see whether the client is still there, and its transport hands each request
// to two more; the time that a proxy takes is mostly that.
//
// Messages are parsed by net/http itself, so that what is one message there is one message here, and what is refused there is refused here. HTTP/2 is
// net/http's altogether: a connection that negotiates it is passed on.
//
// What differs from net/http, each on purpose: a server answers while a request's body is still being read, as a stream needs it; a client
// that is gone is noticed a second later, where the request takes that long; an empty Host header is refused; and nothing
// reads from the connections that a transport keeps until they are used again.
package h1
