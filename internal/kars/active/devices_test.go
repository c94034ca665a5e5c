package active

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

func character(path string, major, minor uint32) inside.Device {
	return inside.Device{Number: inside.Number{Major: major, Minor: minor}, Path: path}
}

func TestWhatAPodWasGivenAndWhatPodsSeeThatAskForNothing(t *testing.T) {
	null, tty, pts := character("/dev/null", 1, 3), character("/dev/tty", 5, 0), character("/dev/pts/0", 136, 0)
	fuse, tun := character("/dev/fuse", 10, 229), character("/dev/net/tun", 10, 200)
	first, second, control := character("/dev/nvidia0", 195, 0), character("/dev/nvidia1", 195, 1), character("/dev/nvidiactl", 195, 255)
	renamed, unheardOf := character("/dev/mine", 195, 0), character("/dev/unheard-of", 400, 0)
	block := inside.Device{Number: inside.Number{Block: true, Major: 400}, Path: "/dev/block"}
	type devices = []inside.Device
	for _, test := range []struct {
		name                string
		asks, asksNot       devices
		wantGiven, wantSeen devices
	}{
		{"one and what belongs to it", devices{null, first, control}, devices{null}, devices{first, control}, nil},
		{"one of a kind that nobody has heard of", devices{null, unheardOf}, devices{null}, devices{unheardOf}, nil},
		{"a terminal is no device of an accelerator", devices{null, tty, pts}, devices{null}, nil, nil},
		{"a plugin that counts and gives nothing", devices{null}, devices{null}, nil, nil},
		{"a runtime that gives it to everybody", devices{null, first}, devices{null, first}, nil, devices{first}},
		{"to everybody, unheard of", devices{null, unheardOf}, devices{null, unheardOf}, nil, devices{unheardOf}},
		{"to everybody under another name", devices{first}, devices{renamed}, nil, devices{renamed}},
		{"another one to everybody", devices{first}, devices{second}, devices{first}, devices{second}},
		{"a part of it to everybody", devices{first, control}, devices{control}, devices{first}, devices{control}},
		{"to others alone", devices{null}, devices{null, first}, nil, devices{first}},
		{"what every pod of the node has is not it", devices{fuse, first}, devices{fuse, tun}, devices{first}, nil},
		{"nor what only shares the number for miscellaneous", devices{fuse}, devices{tun}, devices{fuse}, nil},
		{"a block device is not the character device of its number", devices{unheardOf}, devices{block}, devices{unheardOf}, nil},
	} {
		got, seen := given(test.asks, test.asksNot)
		if !slices.Equal(got, test.wantGiven) || !slices.Equal(seen, test.wantSeen) {
			t.Errorf("%s: given %v, seen %v", test.name, got, seen)
		}
	}
}

func TestARefusalIsOneOfPermissionsAndNotOfTheDriver(t *testing.T) {
	n := inside.Number{Major: 195}
	refused := inside.Access{Number: n, Refused: true, Error: "make a node: operation not permitted"}
	made := inside.Access{Number: n, Path: "/dev/x", Made: true, Refused: true, Error: "operation not permitted"}
	busy := inside.Access{Number: n, Path: "/dev/x", Made: true, Error: "device or resource busy"}
	open := inside.Access{Number: n, Path: "/dev/x"}
	for _, test := range []struct {
		name            string
		access          []inside.Access
		device, refusal string
		opens           bool
	}{
		{"no node can be made", []inside.Access{refused}, "", "make a node: operation not permitted", false},
		{"one is made and not opened", []inside.Access{refused, made}, "", "made a node, and opening it: operation not permitted, make a node: operation not permitted", false},
		{"the driver answers", []inside.Access{refused, busy}, "c:195:0", "", false},
		{"it is opened", []inside.Access{made, open}, "c:195:0", "", true},
	} {
		device, refusal := past(test.access)
		if device != test.device || refusal != test.refusal {
			t.Errorf("%s: past to %q, refused by %q", test.name, device, refusal)
		}
		if path, why := opened(test.access); (path != "") != test.opens || (why == "") != test.opens {
			t.Errorf("%s: opened %q, %q", test.name, path, why)
		}
	}
}

func TestAcceleratorsAreLookedForOnNodesToWhichPodsCanCome(t *testing.T) {
	node := func(name string, change func(*corev1.Node)) *corev1.Node {
		n := &corev1.Node{}
		n.Name = name
		n.Status.Allocatable = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("2"), "cpu": resource.MustParse("8"), "gpu.intel.com/memory.max": resource.MustParse("4")}
		change(n)
		return n
	}
	found := map[string]acceleratorNode{}
	for _, n := range []*corev1.Node{
		node("a", func(n *corev1.Node) {
			n.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu", Effect: corev1.TaintEffectNoSchedule}, {Key: "node.kubernetes.io/not-ready", Effect: corev1.TaintEffectNoExecute}}
		}),
		node("b", func(n *corev1.Node) {
			n.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu", Effect: corev1.TaintEffectNoSchedule}}
		}),
		node("cordoned", func(n *corev1.Node) { n.Spec.Unschedulable = true }),
		node("windows", func(n *corev1.Node) { n.Status.NodeInfo.OperatingSystem = "windows" }),
		node("broken", func(n *corev1.Node) { n.Status.Allocatable["nvidia.com/gpu"] = resource.MustParse("0") }),
	} {
		stock(found, n)
	}
	kinds := plugged(found)
	if len(found) != 3 || len(kinds) != 1 || kinds[0].name != "nvidia.com/gpu" || len(kinds[0].taints) != 1 || kinds[0].taints[0].Key != "nvidia.com/gpu" {
		t.Fatalf("found %+v on %v", kinds, found)
	}
	pod := (&arena{client: &client{options: Options{}.defaulted()}}).onAccelerators("asks", kinds[0], "b")
	limit := func() string {
		quantity := pod.Spec.Containers[0].Resources.Limits["nvidia.com/gpu"]
		return quantity.String()
	}
	if err := kinds[0].one(pod); err != nil || limit() != "1" || len(pod.Spec.Tolerations) != 1 || pod.Spec.Affinity.NodeAffinity == nil || !strings.HasPrefix(pod.Name, "asks") {
		t.Errorf("%+v", pod.Spec)
	}
	if of, err := kinds[0].all(pod, "b"); err != nil || limit() != "2" || of != "all 2 of the node" {
		t.Errorf("%s: %s, %v", of, limit(), err)
	}
}
