"""No base class; casts once, copies, and draws one number from 0 to 3."""

import torch


class SkinDataset:
    """no base class; casts once, copies; one draw of 0..3"""

    def __init__(self, images, masks, augment=False, generator=None):
        self.pairs = [(torch.as_tensor(i).detach().to(torch.float32).clone(), torch.as_tensor(m).to(torch.int64).clone()) for i, m in zip(images, masks)]
        self.draw = (lambda: int(torch.randint(0, 4, (), generator=generator))) if augment else (lambda: 0)

    def __len__(self):
        return self.pairs.__len__()

    def __getitem__(self, i):
        image, mask = self.pairs[i]
        way = self.draw()
        joined = torch.cat([image.double(), mask[None].double()])
        if way & 1:
            joined = joined[..., torch.arange(joined.shape[-1] - 1, -1, -1)]
        if way >= 2:
            joined = joined.flipud() if joined.ndim == 2 else joined.flip(1)
        return [joined[:3].float(), joined[3].long()]
