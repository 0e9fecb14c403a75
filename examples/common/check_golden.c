/* Runs a compiled model, through its descriptor, on the inputs of one .npy file and compares with the outputs
 * that Keras gave, in another: check_golden INPUTS.npy GOLDEN.npy. MODEL names the lamina_model; MODEL_HEADER
 * its header. */
#include MODEL_HEADER

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The float32 values of an .npy file of format version 1; the header's shape is not needed here. */
static float *read_values(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    unsigned char head[10];
    if (!file || fread(head, 1, sizeof head, file) != sizeof head || memcmp(head, "\x93NUMPY\x01", 7) != 0) {
        fprintf(stderr, "%s: is not an .npy file of version 1\n", path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    const long start = 10 + head[8] + 256 * head[9], end = ftell(file);
    *count = (size_t)(end - start) / sizeof(float);
    float *values = malloc(*count * sizeof *values);
    fseek(file, start, SEEK_SET);
    if (!values || fread(values, sizeof *values, *count, file) != *count) exit(2);
    fclose(file);
    return values;
}

static size_t per_sample(const lamina_tensor *tensor) {
    size_t size = 1;
    for (int32_t i = 1; i < tensor->rank; i++) size *= (size_t)tensor->shape[i];
    return size;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    size_t n_in, n_golden;
    float *in = read_values(argv[1], &n_in), *golden = read_values(argv[2], &n_golden);
    const size_t batch = n_in / per_sample(&MODEL.inputs[0]);
    float *out = malloc(n_golden * sizeof *out);
    if (!out || batch * per_sample(&MODEL.outputs[0]) != n_golden) return 2;

    const void *inputs[] = {in};
    void *outputs[] = {out};
    lamina_call call = {.size = sizeof call, .batch = batch, .inputs = inputs, .outputs = outputs};
    call.workspace_size = MODEL.workspace_bytes(&call);
    call.workspace = call.workspace_size ? malloc(call.workspace_size) : NULL;
    const int status = MODEL.run(&call);

    float worst = 0;
    for (size_t i = 0; i < n_golden; i++) worst = fmaxf(worst, fabsf(out[i] - golden[i]));
    printf("%s: status %d, %zu samples, largest difference from Keras %g\n", MODEL.name, status, batch,
           (double)worst);
    free(in);
    free(golden);
    free(out);
    free(call.workspace);
    return status == LAMINA_OK && worst <= 1e-5f ? 0 : 1;
}
