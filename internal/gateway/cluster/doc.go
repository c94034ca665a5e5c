// Package cluster follows ConfigMaps and Secrets of the API server that the gateway runs at, each by its name, and keeps copies of them in
// folders. A volume of a pod would hold the same a minute late; what is followed here is there as soon as the API server has it, so that a
// suspension works at once.
//
// It needs get, list and watch of exactly these objects (resourceNames), and writes nothing.
package cluster
