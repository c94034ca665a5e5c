package stack

import "strings"

// MatchGoogleName reads a relative resource name by a pattern such as "projects/{project}/locations/{location}/agentGateways/{gateway}"
// and gives the segments in braces by their names; false where the name is another resource's.
func MatchGoogleName(pattern, name string) (map[string]string, bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(name, "/")
	if len(want) != len(have) {
		return nil, false
	}
	segments := map[string]string{}
	for i, segment := range want {
		variable, is := strings.CutPrefix(segment, "{")
		switch {
		case have[i] == "", !is && have[i] != segment:
			return nil, false
		case is:
			segments[strings.TrimSuffix(variable, "}")] = have[i]
		}
	}
	return segments, true
}
