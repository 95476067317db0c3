#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# meshtap-workloads: what it makes of Istio's and Kubernetes' objects, as kubectl prints them, and what it refuses.
# shellcheck disable=SC2317 # shunit2 calls the functions
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
tool=$top/build/meshtap-workloads
version=$(sed -n 's/^VERSION *:= *//p' "$top/Makefile")

out=
err=
code=

run() { # arguments; standard input is the tool's
	code=0
	timeout 60 "$tool" "$@" >"$SHUNIT_TMPDIR/out" 2>"$SHUNIT_TMPDIR/err" || code=$?
	out=$(cat "$SHUNIT_TMPDIR/out")
	err=$(cat "$SHUNIT_TMPDIR/err")
}

# The sections alone, without the first comment and its empty line.
sections() {
	printf '%s\n' "$out" | tail -n +3
}

err_is_one_line() { # what
	assertEquals "$1: one line on stderr: $err" 1 "$(grep -c '' "$SHUNIT_TMPDIR/err")"
}

err_says() { # what, extended regular expression
	printf '%s\n' "$err" | grep -qE -- "$2"
	assertTrue "$1: stderr matches $2: $err" $?
}

refuses() { # place and message, as an extended regular expression, input
	printf '%b' "$2" | { run; declare -p out err code; } >"$SHUNIT_TMPDIR/run"
	# shellcheck source=/dev/null
	. <(sed 's/^declare --/declare -g/' "$SHUNIT_TMPDIR/run")
	assertEquals "$2: exit code" 2 "$code"
	assertEquals "$2: stdout" "" "$out"
	err_is_one_line "$2"
	err_says "$2" "^meshtap-workloads: standard input:$1"
}

# WorkloadEntry NAMESPACE NAME CREATED, the lines of its spec
workload_entry() {
	printf '%s\n' --- 'apiVersion: networking.istio.io/v1' 'kind: WorkloadEntry' 'metadata:' \
		"  namespace: $1" "  name: $2" "  creationTimestamp: \"$3\"" 'spec:'
	shift 3
	printf '  %s\n' "$@"
}

service_entry() { # the same
	workload_entry "$@" | sed 's/^kind: WorkloadEntry/kind: ServiceEntry/'
}

oneTimeSetUp() {
	bookinfo >"$SHUNIT_TMPDIR/bookinfo.yaml"
}

test_help_and_version() {
	local word
	run --help
	assertEquals 0 "$code"
	for word in --cluster --domain --namespace --trust-domain --version; do
		assertContains "$out" "$word"
	done
	run -V
	assertEquals 0 "$code"
	assertEquals "meshtap-workloads $version" "$out"
}

test_usage() {
	local arguments
	for arguments in --no-such-option -Z --cluster "--cluster a;b" "--domain [x]" "--trust-domain a=b" "--namespace a,b" \
		"$SHUNIT_TMPDIR/absent.yaml"; do
		# shellcheck disable=SC2086 # they are words
		run $arguments </dev/null
		assertEquals "$arguments: exit code" 2 "$code"
		assertEquals "$arguments: stdout" "" "$out"
		err_is_one_line "$arguments"
	done
	run "$SHUNIT_TMPDIR" </dev/null
	assertEquals "a directory: exit code" 1 "$code"
	err_is_one_line "a directory"
}

# Istio's example "Bookinfo with a Virtual Machine", as kubectl get -o yaml prints what became of it.
bookinfo() {
	cat <<-'END'
	apiVersion: v1
	items:
	- apiVersion: networking.istio.io/v1
	  kind: WorkloadEntry
	  metadata:
	    annotations:
	      istio.io/autoRegistrationGroup: ratings-vm
	      proxy.istio.io/health-checks-enabled: "true"
	    creationTimestamp: "2024-05-02T09:12:44Z"
	    generation: 1
	    labels:
	      app: ratings
	      service.istio.io/canonical-name: ratings
	      version: v3
	    name: ratings-vm-192.168.7.11-vm-network
	    namespace: bookinfo
	    ownerReferences:
	    - apiVersion: networking.istio.io/v1alpha3
	      controller: true
	      kind: WorkloadGroup
	      name: ratings-vm
	      uid: 0f6e1c0e-7c5e-4a55-9d2b-7f6f6b5d7a10
	    resourceVersion: "71023"
	  spec:
	    address: 192.168.7.11
	    labels:
	      app: ignored-because-metadata-wins
	    network: vm-network
	    ports:
	      http: 9080
	    serviceAccount: bookinfo-ratings
	  status:
	    conditions:
	    - status: "True"
	      type: Healthy
	- apiVersion: networking.istio.io/v1
	  kind: ServiceEntry
	  metadata:
	    creationTimestamp: "2024-05-02T09:10:02Z"
	    name: ratings-vm
	    namespace: bookinfo
	  spec:
	    addresses:
	    - 240.0.7.1
	    hosts:
	    - ratings.bookinfo.svc.cluster.local
	    location: MESH_INTERNAL
	    ports:
	    - name: http
	      number: 80
	      protocol: HTTP
	      targetPort: 8080
	    resolution: STATIC
	    workloadSelector:
	      labels:
	        app: ratings
	kind: List
	metadata:
	  resourceVersion: ""
	END
}

bookinfo_expected() {
	cat <<-'END'
	# WorkloadEntry bookinfo/ratings-vm-192.168.7.11-vm-network: network vm-network
	[workload bookinfo/ratings-vm-192.168.7.11-vm-network]
	address = 192.168.7.11
	workload = ratings-vm
	namespace = bookinfo
	app = ratings
	version = v3
	cluster = fleet-1
	canonical_service = ratings
	canonical_revision = v3
	principal = spiffe://cluster.local/ns/bookinfo/sa/bookinfo-ratings

	# ServiceEntry bookinfo/ratings-vm: MESH_INTERNAL, resolution STATIC
	[service ratings.bookinfo.svc.cluster.local]
	name = ratings.bookinfo.svc.cluster.local
	namespace = bookinfo
	hosts = ratings ratings.bookinfo ratings.bookinfo.svc
	address = 192.168.7.11 240.0.7.1
	port = 80 9080
	upstream_cluster = outbound|80||ratings.bookinfo.svc.cluster.local
	END
}

test_bookinfo_vm() {
	run --cluster fleet-1 < <(bookinfo)
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "stderr" "" "$err"
	assertEquals "$(bookinfo_expected)" "$(sections)"
}

test_json() {
	# The same objects, written by hand as kubectl get -o json indents them.
	cat >"$SHUNIT_TMPDIR/bookinfo.json" <<-'END'
	{
	    "apiVersion": "v1",
	    "items": [
	        {
	            "apiVersion": "networking.istio.io/v1",
	            "kind": "ServiceEntry",
	            "metadata": {
	                "creationTimestamp": "2024-05-02T09:10:02Z",
	                "name": "ratings-vm",
	                "namespace": "bookinfo"
	            },
	            "spec": {
	                "addresses": [
	                    "240.0.7.1"
	                ],
	                "hosts": ["ratings.bookinfo.svc.cluster.local"],
	                "location": "MESH_INTERNAL",
	                "ports": [{"name": "http", "number": 80, "protocol": "HTTP", "targetPort": 8080}],
	                "resolution": "STATIC",
	                "workloadSelector": {"labels": {"app": "ratings"}}
	            }
	        },
	        {
	            "apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry",
	            "metadata": {
	                "annotations": {"istio.io\/autoRegistrationGroup": "ratings-vm"},
	                "labels": {"app": "ratings", "version": "v3"},
	                "name": "ratings-vm-192.168.7.11-vm-network", "namespace": "bookinfo"
	            },
	            "spec": {"address": "192.168.7.11", "network": "vm-network", "ports": {"http": 9080},
	                "serviceAccount": "bookinfo-ratings", "locality": null}
	        }
	    ],
	    "kind": "List",
	    "metadata": {"resourceVersion": ""}
	}
	END
	run --cluster fleet-1 "$SHUNIT_TMPDIR/bookinfo.json"
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "$(bookinfo_expected)" "$(sections)"
}

# From Istio's reference of ServiceEntry.
test_external_mongodb() {
	run <<-'END'
	apiVersion: networking.istio.io/v1
	kind: ServiceEntry
	metadata:
	  name: external-svc-mongocluster
	  namespace: databases
	spec:
	  hosts:
	  - mymongodb.somedomain # not used
	  addresses:
	  - 192.192.192.192/24 # VIPs
	  ports:
	  - number: 27018
	    name: mongodb
	    protocol: MONGO
	  location: MESH_EXTERNAL
	  resolution: STATIC
	  endpoints:
	  - address: 2.2.2.2
	  - address: 3.3.3.3
	END
	assertEquals "exit code: $err" 0 "$code"
	err_is_one_line "host bits"
	err_says "host bits" 'standard input:10:5: spec\.addresses\[0\]: warning: 192\.192\.192\.192/24 has host bits'
	assertEquals "$(cat <<-'END'
	# ServiceEntry databases/external-svc-mongocluster: MESH_EXTERNAL, resolution STATIC
	[service mymongodb.somedomain]
	name = mymongodb.somedomain
	namespace = databases
	address = 2.2.2.2 3.3.3.3 192.192.192.0/24
	port = 27018
	END
	)" "$(sections)"
}

test_service_found_by_host_only() {
	run < <(service_entry web api 2024-01-01T00:00:00Z 'hosts: [API.Example.com, "*.example.com", www.example.com]' \
		'resolution: DNS' 'ports: [{number: 443, name: tls, protocol: TLS}]')
	assertEquals "exit code: $err" 0 "$code"
	err_is_one_line wildcard
	err_says wildcard 'spec\.hosts\[1\]: warning: a wildcard'
	assertEquals "$(cat <<-'END'
	# ServiceEntry web/api: MESH_EXTERNAL, resolution DNS
	[service api.example.com]
	name = api.example.com
	namespace = web
	hosts = www.example.com
	upstream_cluster = outbound|443||api.example.com
	END
	)" "$(sections)"
}

test_kubernetes_services() {
	run --domain example.internal <<-'END'
	apiVersion: v1
	kind: ServiceList
	items:
	- metadata: {name: reviews, namespace: bookinfo}
	  spec:
	    clusterIP: 10.96.1.1
	    clusterIPs: [10.96.1.1, "fd00:96::1"]
	    ports:
	    - {name: http, port: 9080, targetPort: http, protocol: TCP}
	    - {name: dns, port: 53, protocol: UDP}
	    selector: {app: reviews}
	    type: NodePort
	- metadata: {name: headless, namespace: bookinfo}
	  spec: {clusterIP: None, clusterIPs: [None], ports: [{port: 80}]}
	- metadata: {name: outside, namespace: bookinfo}
	  spec: {type: ExternalName, externalName: example.com}
	END
	assertEquals "exit code: $err" 0 "$code"
	err_is_one_line ExternalName
	assertEquals "$(cat <<-'END'
	# Service bookinfo/headless: ClusterIP
	[service headless.bookinfo.svc.example.internal]
	name = headless
	namespace = bookinfo
	hosts = headless headless.bookinfo headless.bookinfo.svc
	upstream_cluster = outbound|80||headless.bookinfo.svc.example.internal

	# Service bookinfo/reviews: NodePort
	[service reviews.bookinfo.svc.example.internal]
	name = reviews
	namespace = bookinfo
	hosts = reviews reviews.bookinfo reviews.bookinfo.svc
	address = 10.96.1.1 fd00:96::1
	port = 9080
	END
	)" "$(sections)"
}

# As Istio selects WorkloadEntries by a Service: a named targetPort is a port of the entry, or it has no endpoint there.
test_kubernetes_service_selects_workloads() {
	run < <(workload_entry n vm 2024-01-01T00:00:00Z 'address: 10.0.0.1' 'labels: {app: x}' 'ports: {web: 8080, http: 8081}'
		workload_entry n bare 2024-01-01T00:00:00Z 'address: 10.0.0.2' 'labels: {app: x}'
		cat <<-'END'
		---
		apiVersion: v1
		kind: Service
		metadata: {name: named, namespace: n}
		spec: {ports: [{name: http, port: 80, targetPort: web}], selector: {app: x}}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: numbered, namespace: n}
		spec: {ports: [{name: http, port: 80, targetPort: 9090}], selector: {app: x}}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: without, namespace: n}
		spec: {ports: [{name: http, port: 80}], selector: {}}
		END
	)
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "$err" "" "$err"
	assertEquals "[service named.n.svc.cluster.local] 10.0.0.1 8080 [service numbered.n.svc.cluster.local] 10.0.0.1 10.0.0.2 8081 9090 [service without.n.svc.cluster.local]" \
		"$(printf '%s\n' "$out" | awk '/^\[service/ { is = 1; print } is && ($1 == "port" || $1 == "address") { $1 = $2 = ""; print }' |
			xargs)"
}

# Label, else recommended label, else plain label, else the workload; no version is "latest".
test_canonical_names() {
	{
		workload_entry n a 2024-01-01T00:00:00Z 'address: 10.0.0.1' 'labels: {app: plain, app.kubernetes.io/name: recommended,' \
			' service.istio.io/canonical-name: own, version: v1, app.kubernetes.io/version: v2, service.istio.io/canonical-revision: v3}'
		workload_entry n b 2024-01-01T00:00:00Z 'address: 10.0.0.2' 'labels: {app: plain, app.kubernetes.io/name: recommended,' \
			' version: v1, app.kubernetes.io/version: v2, topology.istio.io/cluster: c2}'
		workload_entry n c 2024-01-01T00:00:00Z 'address: 10.0.0.3' 'labels: {service.istio.io/workload-name: named}'
		workload_entry n d 2024-01-01T00:00:00Z 'address: "::ffff:10.0.0.4"'
	} >"$SHUNIT_TMPDIR/names.yaml"
	run --cluster c1 "$SHUNIT_TMPDIR/names.yaml"
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "a a own v3 recommended v2 c1
b b recommended v2 recommended v2 c2
c named named latest - - c1
d d d latest - - c1" "$(printf '%s\n' "$out" | awk '
		function end() {
			if (name != "")
				print name, workload, service, revision, app, version, cluster
			app = version = "-"
		}
		/^\[/ { end(); name = substr($2, 3, 1) }
		$1 == "workload" { workload = $3 }
		$1 == "canonical_service" { service = $3 }
		$1 == "canonical_revision" { revision = $3 }
		$1 == "app" { app = $3 }
		$1 == "version" { version = $3 }
		$1 == "cluster" { cluster = $3 }
		END { end() }')"
	assertContains "$out" "address = 10.0.0.4"
	assertNotContains "no account, no principal" "$out" principal
}

test_addresses_that_are_none() {
	run < <(workload_entry n dns 2024-01-01T00:00:00Z 'address: vm.example.com'
		workload_entry n remote 2024-01-01T00:00:00Z 'network: other'
		service_entry n unix 2024-01-01T00:00:00Z 'hosts: [u.example.com]' 'resolution: STATIC' \
			'endpoints: [{address: "unix:///run/x.sock"}, {address: x.example.com}, {network: n1}]')
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "$err" 5 "$(grep -c warning "$SHUNIT_TMPDIR/err")"
	assertNotContains "$out" "address"
	assertContains "$out" "[service u.example.com]"
}

# Two workloads on one VM are told apart by their ports; what both claim is the older one's.
test_workloads_that_share_an_address() {
	run < <(workload_entry n young 2024-01-02T00:00:00Z 'address: 10.0.0.1' 'ports: {http: 80, admin: 81}'
		workload_entry n old 2024-01-01T00:00:00Z 'address: 10.0.0.1' 'ports: {http: 80}'
		workload_entry n rest 2024-01-03T00:00:00Z 'address: 10.0.0.1'
		workload_entry n none 2024-01-04T00:00:00Z 'address: 10.0.0.1'
		workload_entry n alone 2024-01-04T00:00:00Z 'address: 10.0.0.2' 'ports: {http: 80}')
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "[workload n/alone] [workload n/old] 80 [workload n/rest] [workload n/young] 81" \
		"$(printf '%s\n' "$out" | awk '/^\[/ { print } $1 == "port" { print $3 }' | paste -sd' ')"
	assertEquals "warnings: $err" 2 "$(grep -c warning "$SHUNIT_TMPDIR/err")"
	err_says ports '10\.0\.0\.1 port 80 is left to the older WorkloadEntry n/old \(standard input:12\)'
	err_says ports '10\.0\.0\.1 is left to the older WorkloadEntry n/rest'
}

# The same address and port, the same host: the older has it; other ports of an address are no contradiction.
test_services_that_share() {
	{
		service_entry n young 2024-01-02T00:00:00Z 'hosts: [y.example.com, o.example.com]' 'addresses: [10.0.0.1, 10.0.0.2]' \
			'ports: [{number: 80, name: http}, {number: 81, name: more}]'
		service_entry n old 2024-01-01T00:00:00Z 'hosts: [o.example.com]' 'addresses: [10.0.0.1/32]' \
			'ports: [{number: 80, name: http}]'
		service_entry n other 2024-01-03T00:00:00Z 'hosts: [x.example.com]' 'addresses: [10.0.0.1, "::ffff:10.0.0.1"]' \
			'ports: [{number: 443, name: tls}]'
		service_entry n gone 2024-01-04T00:00:00Z 'hosts: [o.example.com]' 'addresses: [10.0.0.9]' \
			'ports: [{number: 443, name: tls}]'
	} >"$SHUNIT_TMPDIR/share.yaml"
	run "$SHUNIT_TMPDIR/share.yaml"
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "[service o.example.com] 10.0.0.1 80 [service x.example.com] 10.0.0.1 443 [service y.example.com] 10.0.0.2 80 81" \
		"$(printf '%s\n' "$out" | awk '/^\[/ { print } $1 == "port" || $1 == "address" { $1 = $2 = ""; print $0 }' |
			xargs)"
	assertEquals "warnings: $err" 3 "$(grep -c 'left to the older ServiceEntry n/old' "$SHUNIT_TMPDIR/err")"
}

test_short_hosts_that_several_have() {
	run < <(service_entry a x 2024-01-01T00:00:00Z 'hosts: [web.a.svc.cluster.local]'
		service_entry b y 2024-01-01T00:00:00Z 'hosts: [web.b.svc.cluster.local]'
		service_entry b z 2024-01-01T00:00:00Z 'hosts: [web.b]')
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "hosts = web.a web.a.svc
hosts = web.b.svc" "$(printf '%s\n' "$out" | grep ^hosts)"
}

test_selectors() {
	run < <(workload_entry n one 2024-01-01T00:00:00Z 'address: 10.0.0.1' 'labels: {app: x, tier: "1"}'
		workload_entry n two 2024-01-01T00:00:00Z 'address: 10.0.0.2' 'labels: {app: x, tier: "2"}' 'ports: {admin: 8080}'
		workload_entry m far 2024-01-01T00:00:00Z 'address: 10.0.0.3' 'labels: {app: x, tier: "1"}'
		service_entry n both 2024-01-01T00:00:00Z 'hosts: [both.example.com]' 'workloadSelector: {labels: {app: x}}' \
			'ports: [{number: 80, name: http}]'
		service_entry n first 2024-01-01T00:00:00Z 'hosts: [first.example.com]' \
			'workloadSelector: {labels: {app: x, tier: "1"}}' 'ports: [{number: 90, name: http}]'
		service_entry n every 2024-01-01T00:00:00Z 'hosts: [every.example.com]' 'workloadSelector: {}' \
			'ports: [{number: 70, name: admin, targetPort: 71}]')
	assertEquals "exit code: $err" 0 "$code"
	assertEquals "[service both.example.com] 10.0.0.1 10.0.0.2 80 [service every.example.com] 10.0.0.1 10.0.0.2 71 8080 [service first.example.com] 10.0.0.1 90" \
		"$(printf '%s\n' "$out" | awk '/^\[service/ { is = 1; print } is && ($1 == "port" || $1 == "address") { $1 = $2 = ""; print }' |
			xargs)"
}

test_order_does_not_matter() {
	local files=("$SHUNIT_TMPDIR"/object.*.yaml) first
	workload_entry n one 2024-01-01T00:00:00Z 'address: 10.0.0.1' >"$SHUNIT_TMPDIR/object.1.yaml"
	workload_entry n two 2024-01-01T00:00:00Z 'address: 10.0.0.1' >"$SHUNIT_TMPDIR/object.2.yaml"
	service_entry n s 2024-01-01T00:00:00Z 'hosts: [a.example.com]' 'addresses: [10.0.0.1]' >"$SHUNIT_TMPDIR/object.3.yaml"
	service_entry n t 2024-01-01T00:00:00Z 'hosts: [a.example.com, b.example.com]' 'addresses: [10.0.0.1]' \
		>"$SHUNIT_TMPDIR/object.4.yaml"
	files=("$SHUNIT_TMPDIR"/object.*.yaml)
	run "${files[@]}"
	assertEquals "exit code: $err" 0 "$code"
	first=$out
	run "${files[3]}" "${files[2]}" - "${files[0]}" <"${files[1]}"
	assertEquals "$first" "$out"
}

test_long_lists_have_several_lines() {
	run < <(service_entry n many 2024-01-01T00:00:00Z 'hosts: [many.example.com]' 'addresses:' \
		"$(seq -f '- 2001:db8:1111:2222:3333:4444:5555:%g' 1 40 | sed '2,$s/^/  /')")
	assertEquals "exit code: $err" 0 "$code"
	assertEquals 40 "$(printf '%s\n' "$out" | grep -o 2001:db8: | wc -l)"
	assertEquals "lines that are too long" "" "$(printf '%s\n' "$out" | awk 'length > 199')"
	printf '%s\n' "$out" | grep -qP '^\t2001'
	assertTrue "a second line" $?
}

test_nothing_to_convert() {
	run < <(printf 'apiVersion: v1\nitems: []\nkind: List\n')
	assertEquals "an empty list: $err" 0 "$code"
	assertEquals "" "$(sections)"
	# What comes out of a pipe whose kubectl has failed.
	run </dev/null
	assertEquals "nothing" 2 "$code"
	assertEquals "" "$out"
	run < <(printf -- '---\n---\n')
	assertEquals "empty documents" 2 "$code"
}

test_other_kinds_are_named() {
	run < <(printf 'apiVersion: networking.istio.io/v1\nkind: WorkloadGroup\nmetadata: {name: g}\n'
		printf -- '---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n')
	assertEquals "$err" 0 "$code"
	err_says group 'standard input:1:1: warning: WorkloadGroup of networking\.istio\.io/v1: not converted'
	err_says knative 'standard input:5:1: warning: Service of serving\.knative\.dev/v1: not converted'
}

head_of='apiVersion: networking.istio.io/v1\nmetadata: {name: x, namespace: n}\n'

test_bad_input() {
	refuses '1:1: an object without kind' 'a: 1\n'
	refuses '1:1: must be an object' '- a\n'
	refuses '2:[0-9]: .*not YAML' 'a: [1\n b: 2\n'
	refuses '4:17: spec\.address: must be text' "${head_of}kind: WorkloadEntry\nspec: {address: [1]}\n"
	refuses '5:17: spec\.ports\.http: must be a port' "${head_of}kind: WorkloadEntry\nspec:\n  ports: {http: 65536}\n"
	refuses '5:17: spec\.ports\.http: must be a port' "${head_of}kind: WorkloadEntry\nspec:\n  ports: {http: 0}\n"
	refuses '4:15: spec\.ports: must be a mapping' "${head_of}kind: WorkloadEntry\nspec: {ports: [80]}\n"
	refuses '4:7: spec: a ServiceEntry without hosts' "${head_of}kind: ServiceEntry\nspec: {}\n"
	refuses '5:15: spec\.addresses\[0\]: must be an IP' "${head_of}kind: ServiceEntry\nspec:\n  addresses: [x]\n  hosts: [a]\n"
	refuses '5:22: spec\.ports\[1\]: a port without' \
		"${head_of}kind: ServiceEntry\nspec:\n  ports: [number: 1, name: x]\n  hosts: [a]\n"
	refuses '5:11: spec\.ports\[0\]: must be a mapping' "${head_of}kind: ServiceEntry\nspec:\n  ports: [[1]]\n  hosts: [a]\n"
	refuses '5:15: spec\.endpoints\[0\]: must be a mapping' \
		"${head_of}kind: ServiceEntry\nspec:\n  endpoints: [x]\n  hosts: [a]\n"
	refuses '7:3: spec: given twice, first in line 5' "${head_of}kind: ServiceEntry\nspec:\n  {hosts: [a]}\nspec:\n  {hosts: [b]}\n"
	refuses '.*metadata: an object without metadata.name' 'apiVersion: v1\nkind: Service\nmetadata: {namespace: x}\n'
	refuses '.*ServiceEntry n/x is given twice' "${head_of}kind: ServiceEntry\nspec: {hosts: [a]}
---\n${head_of}kind: ServiceEntry\nspec: {hosts: [b]}\n"
	refuses '.*WorkloadEntry n/x is given twice' "${head_of}kind: WorkloadEntry\nspec: {address: 10.0.0.1}
---\n${head_of}kind: WorkloadEntry\nspec: {address: 10.0.0.2}\n"
}

# A name is never more than a name.
test_forged_names() {
	local bad
	for bad in '"a\\n[service b]"' '"a]"' '"a b"' '"a;b"' '"a\\u0085b"' '"a=b"' 'ä' "$(printf 'x%.0s' $(seq 254))"; do
		refuses '2:[0-9]*: metadata\.name: must be text' \
			"apiVersion: networking.istio.io/v1\nmetadata: {name: $bad}\nkind: WorkloadEntry\n"
		refuses '[0-9]*:[0-9]*: spec\.labels\.app: must be text' \
			"${head_of}kind: WorkloadEntry\nspec: {address: 10.0.0.1, labels: {app: $bad}}\n"
		refuses '[0-9]*:[0-9]*: spec\.hosts\[0\]: must be' "${head_of}kind: ServiceEntry\nspec: {hosts: [$bad]}\n"
		refuses '[0-9]*:[0-9]*: spec\.location: must be' "${head_of}kind: ServiceEntry\nspec: {location: $bad, hosts: [a]}\n"
	done
	refuses '[0-9]*:[0-9]*: spec\.labels\.app: a NUL byte' "${head_of}kind: WorkloadEntry\nspec: {labels: {app: \"a\\\\0\"}}\n"
	refuses '.*metadata\.a\?\[31m' "kind: WorkloadEntry\napiVersion: networking.istio.io/v1\nmetadata: {\"a\\\\e[31m\": *x}\n"
}

test_bounds() {
	refuses '2:4: b: aliases are not read' 'a: &x [1, 2]\nb: *x\n'
	refuses '1:65: .*nested more than 64 deep' "$(printf '[%.0s' $(seq 5000))"
	run < <(head -c 68000000 /dev/zero | tr '\0' '#')
	assertEquals "65 MiB" 2 "$code"
	err_says "65 MiB" 'more than 64 MiB'
	run < <(yes -- '- a' | head -n 2100000)
	assertEquals "values" 2 "$code"
	err_says "values" 'more than 2000000 values'
}

# The reader itself is asked: contradictions, long lists, every key that can be written.
test_collectors_accept_it() {
	run --cluster fleet-1 "$SHUNIT_TMPDIR/share.yaml" "$SHUNIT_TMPDIR/names.yaml" "$SHUNIT_TMPDIR/bookinfo.yaml" - \
		< <(service_entry n many 2024-01-01T00:00:00Z 'hosts: [many.example.com]' 'addresses:' \
			"$(seq -f '- 2001:db8:1111:2222:3333:4444:5555:%g' 1 40 | sed '2,$s/^/  /')")
	assertEquals "exit code: $err" 0 "$code"
	code=0
	"$top/build/meshtap-tcp-bytes" --workloads "$SHUNIT_TMPDIR/out" --check-config 2>"$SHUNIT_TMPDIR/err" || code=$?
	assertEquals "$(cat "$SHUNIT_TMPDIR/err")" 0 "$code"
}

test_full_disk() {
	code=0
	"$tool" < <(bookinfo) >/dev/full 2>"$SHUNIT_TMPDIR/err" || code=$?
	assertEquals 1 "$code"
	assertEquals 1 "$(grep -c 'cannot write' "$SHUNIT_TMPDIR/err")"
}

# shellcheck source=/dev/null
. shunit2
