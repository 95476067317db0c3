// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// many_calls ADDRESS CALLS IN_FLIGHT: unary calls of gRPC C++'s generic client, with bytes for
// messages, on one channel. Each asks for a status of its own (plans.py). Prints "STATUS CALLS"
// lines, then "responses N".
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace
{

struct Call {
	grpc::ClientContext context;
	grpc::ByteBuffer response;
	grpc::Status status;
	std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

struct Counts {
	std::map<int, long> calls;
	long responses = 0;
};

void ask(Call *call, long number, int status)
{
	call->context.AddMetadata("x-call", std::to_string(number));
	call->context.AddMetadata("x-status", std::to_string(status));
	call->context.AddMetadata("x-answers", status ? "0" : "1");
	call->context.AddMetadata("x-size", std::to_string(number % 3000));
	call->context.AddMetadata("x-head", number % 2 ? "1" : "0");
}

// One of five fails.
void start(grpc::GenericStub *stub, grpc::CompletionQueue *queue, long number)
{
	Call *call = new Call;
	grpc::Slice slice(std::string(number % 500, 'm'));
	grpc::ByteBuffer request(&slice, 1);

	ask(call, number, number % 5 ? 0 : static_cast<int>(number / 5 % 16) + 1);
	call->reader = stub->PrepareUnaryCall(&call->context, "/test.Echo/unary", request, queue);
	call->reader->StartCall();
	call->reader->Finish(&call->response, &call->status, call);
}

void finish(Call *call, Counts *counts)
{
	counts->calls[call->status.error_code()]++;
	counts->responses += call->status.ok();
	delete call;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	const long calls = std::atol(argv[2]), in_flight = std::atol(argv[3]);
	grpc::GenericStub stub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
	grpc::CompletionQueue queue;
	Counts counts;
	long started = 0;
	void *tag;
	bool ok;

	for (; started < calls && started < in_flight; started++)
		start(&stub, &queue, started);
	for (long ended = 0; ended < calls && queue.Next(&tag, &ok); ended++) {
		finish(static_cast<Call *>(tag), &counts);
		if (started < calls)
			start(&stub, &queue, started++);
	}
	for (const auto &[status, n] : counts.calls)
		std::printf("%d %ld\n", status, n);
	std::printf("responses %ld\n", counts.responses);
	return 0;
}
