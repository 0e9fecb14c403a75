// Two models in one program: one calls the library of kernels, the other shares its work among threads.
#include <iostream>
#include <vector>

#include "lamina_pool.h"
#include "points.h"
#include "ring.h"

int main() {
    std::vector<float> input(POINTS_INPUT_LAYER_SIZE, 0.5f), classes(POINTS_DENSE_SIZE);
    if (points_run(1, input.data(), classes.data(), nullptr) != LAMINA_OK) return 1;

    lamina_pool *pool = lamina_pool_new(2);
    const size_t batch = 1000;
    std::vector<float> point(batch * RING_POINT_SIZE, 0.25f), inside(batch * RING_INSIDE_SIZE);
    lamina_call call = {};
    const void *inputs[] = {point.data()};
    void *outputs[] = {inside.data()};
    call.size = sizeof call;
    call.batch = batch;
    call.inputs = inputs;
    call.outputs = outputs;
    call.parallel = lamina_pool_parallel(pool);
    call.workspace_size = ring_model.workspace_bytes(&call);
    std::vector<float> workspace(call.workspace_size / sizeof(float) + 16);
    call.workspace = reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(workspace.data()) + 63) / 64 * 64);
    const int status = ring_model.run(&call);
    lamina_pool_delete(pool);

    float sum = 0;
    for (float c : classes) sum += c;
    std::cout << "classes add up to " << (sum > 0.999f && sum < 1.001f) << ", threads gave " << status
              << (inside.front() == inside.back() ? ", all alike\n" : ", not alike\n");
    return status;
}
