/* The PyTorch module a user takes away: the published network around the cell,
 * its parameters named as the weights that `upnas score --weights` reads. */
#include "stages/space/nb201/nb201.h"

static const char head[] =
    "import torch\n"
    "from torch import nn\n"
    "\n"
    "\n"
    "class ReluConvBn(nn.Module):\n"
    "    def __init__(self, c_in, c_out, kernel, stride=1):\n"
    "        super().__init__()\n"
    "        self.relu = nn.ReLU()\n"
    "        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)\n"
    "        self.bn = nn.BatchNorm2d(c_out)\n"
    "\n"
    "    def forward(self, x):\n"
    "        return self.bn(self.conv(self.relu(x)))\n"
    "\n"
    "\n"
    "class Zero(nn.Module):\n"
    "    def forward(self, x):\n"
    "        return x * 0.0\n"
    "\n"
    "\n"
    "def operation(name, channels):\n"
    "    if name == \"none\":\n"
    "        return Zero()\n"
    "    if name == \"skip_connect\":\n"
    "        return nn.Identity()\n"
    "    if name == \"avg_pool_3x3\":\n"
    "        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)\n"
    "    return ReluConvBn(channels, channels, {\"nor_conv_1x1\": 1, \"nor_conv_3x3\": "
    "3}[name])\n"
    "\n"
    "\n"
    "class Cell(nn.Module):\n"
    "    def __init__(self, channels):\n"
    "        super().__init__()\n"
    "        self.edge = nn.ModuleList([operation(name, channels) for name, _, _ in EDGES])\n"
    "\n"
    "    def forward(self, x):\n"
    "        node = {0: x}\n"
    "        for op, (_, source, target) in zip(self.edge, EDGES):\n"
    "            y = op(node[source])\n"
    "            node[target] = node[target] + y if target in node else y\n"
    "        return node[3]\n"
    "\n"
    "\n"
    "class Reduction(nn.Module):\n"
    "    def __init__(self, c_in, c_out):\n"
    "        super().__init__()\n"
    "        self.conv_a = ReluConvBn(c_in, c_out, 3, 2)\n"
    "        self.conv_b = ReluConvBn(c_out, c_out, 3)\n"
    "        self.pool = nn.AvgPool2d(2, 2)\n"
    "        self.shortcut = nn.Conv2d(c_in, c_out, 1, bias=False)\n"
    "\n"
    "    def forward(self, x):\n"
    "        return self.conv_b(self.conv_a(x)) + self.shortcut(self.pool(x))\n"
    "\n"
    "\n";

static const char tail[] =
    "class Stem(nn.Module):\n"
    "    def __init__(self, channels):\n"
    "        super().__init__()\n"
    "        self.conv = nn.Conv2d(3, channels, 3, 1, 1, bias=False)\n"
    "        self.bn = nn.BatchNorm2d(channels)\n"
    "\n"
    "    def forward(self, x):\n"
    "        return self.bn(self.conv(x))\n"
    "\n"
    "\n"
    "class Head(nn.Module):\n"
    "    def __init__(self, channels, classes):\n"
    "        super().__init__()\n"
    "        self.bn = nn.BatchNorm2d(channels)\n"
    "        self.relu = nn.ReLU()\n"
    "        self.gap = nn.AdaptiveAvgPool2d(1)\n"
    "        self.fc = nn.Linear(channels, classes)\n"
    "\n"
    "    def forward(self, x):\n"
    "        return self.fc(torch.flatten(self.gap(self.relu(self.bn(x))), 1))\n"
    "\n"
    "\n"
    "class Network(nn.Module):\n"
    "    \"\"\"Three stages of `depth` cells; channels double and sides halve between "
    "them.\"\"\"\n"
    "\n"
    "    def __init__(self, classes=10, channels=16, depth=5):\n"
    "        super().__init__()\n"
    "        self.stem = Stem(channels)\n"
    "        cells = []\n"
    "        for stage in range(3):\n"
    "            if stage:\n"
    "                cells.append(Reduction(channels, 2 * channels))\n"
    "                channels *= 2\n"
    "            cells += [Cell(channels) for _ in range(depth)]\n"
    "        self.cells = nn.ModuleList(cells)\n"
    "        self.head = Head(channels, classes)\n"
    "\n"
    "    def forward(self, x):\n"
    "        x = self.stem(x)\n"
    "        for cell in self.cells:\n"
    "            x = cell(x)\n"
    "        return self.head(x)\n"
    "\n"
    "\n"
    "if __name__ == \"__main__\":\n"
    "    network = Network()\n"
    "    logits = network(torch.randn(2, 3, 32, 32))\n"
    "    assert logits.shape == (2, 10)\n"
    "    print(sum(p.numel() for p in network.parameters()), \"parameters\")\n";

void up_nb201_torch(struct up_buf *out, const struct up_arch *a, const struct up_net_size *n)
{
    char text[UP_ARCH_TEXT];
    double flops, params;
    up_nb201_print(text, a, UP_SPELL_OFFICIAL);
    up_nb201_cost(&flops, &params, a, n);
    up_buf_printf(
        out, "# NAS-Bench-201 cell %s\n# %.0f parameters and %.0f FLOPs with the sizes below\n",
        text, params * 1e6, flops * 1e6);
    up_buf_puts(out, head);
    up_buf_puts(
        out,
        "# (operation, source node, target node); 0 is the input, 3 the output\nEDGES = [\n");
    for (int e = 0; e < NB_EDGES; e++)
        up_buf_printf(out, "    (\"%s\", %d, %d),\n", up_nb201_op_name[a->gene[e]],
                      up_nb201_edge[e].from, up_nb201_edge[e].to);
    up_buf_puts(out, "]\n\n\n");
    up_buf_puts(out, tail);
}
